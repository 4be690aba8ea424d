"""The description of the card service is true, whatever is asked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.urls import get_resolver
from hypothesis import HealthCheck, settings
from schemathesis.specs.openapi.checks import positive_data_acceptance

from safes.api.schema import description
from tests.loyalty.door.till import Till
from tests.loyalty.making import NUMBER, PHONE, card, contact

pytestmark = pytest.mark.django_db

of_cards = schemathesis.pytest.from_fixture("api").include(path_regex="^/api/card")


@pytest.fixture
def api(db: None) -> Iterator[Any]:
    """The service with a card in it, and its description. The end of a request does not close a test's connection."""
    card(of=contact())
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield schemathesis.openapi.from_wsgi("/api/schema/", WSGIHandler())
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def director(db: None) -> Till:
    return Till("director")


@of_cards.parametrize()
@settings(
    max_examples=25,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.filter_too_much],
)
def test_whatever_is_asked_the_answer_is_one_that_is_described(case, director):
    case.call_and_validate(headers=director.headers, excluded_checks=[positive_data_acceptance])


def test_every_address_of_the_service_is_described():
    described = {path for path in description()["paths"] if path.startswith("/api/card")}
    routed = {str(one.pattern) for one in get_resolver().url_patterns for one in getattr(one, "url_patterns", [one])}
    ours = {route for route in routed if route.startswith("^api/card")}
    assert len(described) == 7
    assert len(ours) == len(described) + 2  # binto, and what is nowhere


def test_what_is_answered_is_what_is_described(api, director):
    both = {"Number": NUMBER, "ContactMobileNumber": PHONE}
    for method, path, body in (
        ("POST", "block", both | {"BlockReasonCode": "0"}),
        ("POST", "unblock", both | {"UnBlockReasonCode": "0"}),
        ("POST", "bindto", {"Number": NUMBER, "MobileNumber": PHONE}),
    ):
        case = api[f"/api/card/{path}"][method].Case(body=body, media_type="application/json")
        assert case.call_and_validate(headers=director.headers).json()["Key"] == "OK"
    for path, parameters in (("{value}", {"value": NUMBER}), ("phone/{phone}", {"phone": PHONE})):
        case = api[f"/api/card/balance/by/{path}"]["GET"].Case(path_parameters=parameters)
        assert case.call_and_validate(headers=director.headers).json()["Number"] == NUMBER
    case = api["/api/card/active"]["GET"].Case(query={"Number": NUMBER})
    assert case.call_and_validate(headers=director.headers).json()["Key"] == "OK"
