"""Whatever is asked of contacts, cards, bonuses and the card service, the answer is one that is described, and no 500.

By the description of the API (schemathesis), with an account that may do everything, and half of the time of a card and
a contact that are there.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, settings
from schemathesis.specs.openapi.checks import positive_data_acceptance

from loyalty.models import Card, Contact
from safes.accounts import add_account
from tests.loyalty import making
from tests.loyalty.bonuses import saying

pytestmark = pytest.mark.django_db

OURS = r"^/api/(v1/(contacts|cards)|card)(/|$)"


@pytest.fixture
def card_api(db: None) -> Iterator[Any]:
    """The API with a card that has bonuses, and a hold on it."""
    saying.active_card()
    saying.accrue(1000, "A1")
    saying.spend(1, "S1")
    saying.hold(1, "H1")
    # As Django's own test client does it: the end of a request does not close the connection of the test.
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield schemathesis.openapi.from_wsgi("/api/schema/", WSGIHandler())
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def token(db: None) -> str:
    return add_account("anyone", "administrator")[2]


described = schemathesis.pytest.from_fixture("card_api").include(path_regex=OURS)

# The same examples each time, so that it takes the same time each time; others come with another seed.
BOUNDED = settings(
    max_examples=10,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.filter_too_much],
)
# Which cards there are and how they stand is what no schema says.
BEYOND = [positive_data_acceptance]


@described.parametrize()
@BOUNDED
def test_the_answer_is_one_that_is_described(case, token):
    ask(case, token)


@described.parametrize()
@BOUNDED
def test_and_so_it_is_for_what_is_there(case, token):
    there = {
        "number": making.NUMBER,
        "code": "C100001",
        "value": making.NUMBER,
        "phone": making.PHONE,
        "reference": "H1",
    }
    case.path_parameters |= {name: there[name] for name in case.path_parameters or {}}
    ask(case, token)
    assert Card.objects.filter(number=making.NUMBER).count() == Contact.objects.filter(code="C100001").count() == 1


def ask(case: Any, token: str) -> None:
    answer = case.call_and_validate(headers={"Authorization": f"Token {token}"}, excluded_checks=BEYOND)
    assert answer.status_code < 500
