"""The description of the API is true, and its page loads nothing from elsewhere and runs no script of its own."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.contrib.staticfiles import finders
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.test import Client
from hypothesis import HealthCheck, settings
from schemathesis.specs.openapi.checks import positive_data_acceptance

from incidents import arranging
from tests.api.reader import Pusher, Reader, row, safe
from tests.factories import FindingFactory
from tests.incidents.making import atm_account, safepoint_account

pytestmark = pytest.mark.django_db


def described() -> dict[str, Any]:
    answer = Client().get("/api/schema/")
    assert answer.status_code == 200
    said = json.loads(answer.content)
    assert isinstance(said, dict)
    return said


@pytest.mark.parametrize("slash", ["", "/"])
def test_anyone_may_read_the_description(client, slash):
    said = json.loads(client.get(f"/api/schema{slash}").content)
    assert said["openapi"].startswith("3.1.")
    assert client.get(f"/api/schema{slash}", headers={"Accept": "application/vnd.oai.openapi"}).status_code == 200


def test_every_address_is_described_once():
    lists = ["sites", "safes", "transactions", "audit-events", "deliveries", "findings"]
    lists += ["safe-days", "pickups", "site-days", "takings", "incidents", "contacts", "cards"]
    named = ["sites", "safes", "incidents", "contacts", "cards"]  # by something of their own
    bonuses = ["entries", "accruals", "spends", "reversals", "holds"]
    bonuses += ["holds/{reference}/confirm", "holds/{reference}/void"]
    cards = ["balance/by/{value}", "balance/by/phone/{phone}", "issue", "active", "bindto", "block", "unblock"]
    assert set(described()["paths"]) == {
        *(f"/api/card/{path}" for path in cards),
        "/api/loomis/transactions/{endpoint}",
        "/api/v1/deliveries/{id}/raw",
        "/api/v1/sites/{code}",
        "/api/v1/safes/{serial_number}",
        "/api/v1/incidents/{reference}",
        "/api/v1/incidents/{reference}/cancel",
        "/api/v1/contacts/{code}",
        "/api/v1/cards/{number}",
        *(f"/api/v1/cards/{{number}}/{name}" for name in bonuses),
        *(f"/api/v1/{name}" for name in lists),
        *(f"/api/v1/{name}/{{id}}" for name in lists if name not in named),
    }


def test_filters_forms_and_refusals_are_described():
    said = described()["paths"]["/api/v1/transactions"]["get"]
    names = {parameter["name"] for parameter in said["parameters"]}
    assert {"serial_number", "site", "type", "kind", "business_date_from", "cursor", "page_size", "order"} <= names
    assert set(said["responses"]["200"]["content"]) == {"application/json", "text/csv"}
    assert set(said["responses"]["400"]["content"]) == {"application/problem+json"}


def test_what_is_shown_is_what_is_described(reader, loomis):
    safe()
    loomis.push(row())
    FindingFactory.create()
    schemas = described()["components"]["schemas"]
    names = {"sites": "Site", "safes": "Safe", "transactions": "Transaction", "deliveries": "Delivery"}
    for path, name in {**names, "findings": "Finding"}.items():
        assert set(reader.rows(path)[0]) == set(schemas[name]["properties"]) == set(schemas[name]["required"])


def test_the_page_runs_no_script_of_its_own_and_loads_nothing_from_elsewhere(client):
    for address in ("/api/docs", "/api/docs/"):
        page = client.get(address).content.decode()
        assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\bon\w+=|style=|https?://", page)
        loaded = re.findall(r'(?:src|href)="([^"]+)"', page)
        assert len(loaded) == 5
        for path in loaded:
            assert finders.find(path.removeprefix("/static/")), path
    assert 'data-schema="/api/schema/"' in page


# --- whatever is asked --------------------------------------------------------------------------------------------

described_api = schemathesis.pytest.from_fixture("api")


@pytest.fixture
def kept_connection(db: None) -> Iterator[None]:
    """As Django's own test client does it: the end of a request does not close the connection of the test."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def api(db: None, request: pytest.FixtureRequest) -> Any:
    """The API with a little in it, its description, and somebody who may read."""
    safe()
    loomis = Pusher()
    loomis.push(row(1), row(2, TransactionType="Login", Amount=None, Denominations=None), {"no": "row"})
    FindingFactory.create()
    request.getfixturevalue("kept_connection")
    return schemathesis.openapi.from_wsgi("/api/schema/", WSGIHandler())


@pytest.fixture
def somebody(db: None) -> Reader:
    return Reader(name="anyone")


@described_api.parametrize()
@settings(
    max_examples=25,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.filter_too_much],
)
def test_whatever_is_asked_the_answer_is_one_that_is_described(case, somebody):
    case.call_and_validate(
        headers={"Authorization": f"Token {somebody.token}"},
        # A cursor is a text that only we can write, and a range has an order: no schema says so.
        excluded_checks=[positive_data_acceptance],
    )


def test_what_is_answered_to_takings_is_what_is_described(api):
    till = Reader("back_office", "pos")
    operation = api["/api/v1/takings"]["POST"]
    good = {"site": "S001", "business_date": "2024-03-14", "register": 7, "amount": 40, "reference": None}
    bad = good | {"amount": "much"}
    for body, query, status in (
        (good, {}, 201),
        ([good, good | {"register": "2", "cashier": "Anna"}], {}, 201),
        ([good, bad], {"good_rows": "true"}, 201),
        ([good, bad], {}, 400),
        (good | {"refrence": "R"}, {}, 400),
        ([], {}, 400),
    ):
        case = operation.Case(body=body, query=query, media_type="application/json")
        answer = case.call_and_validate(headers={"Authorization": f"Token {till.token}"})
        assert answer.status_code == status


def test_what_is_answered_to_incidents_is_what_is_described(api):
    arranging.add_atm("ATM1", atm_account("atms"), "S001")
    safepoint_account("safes")
    desk = Reader("back_office", "desk")
    fault = {"account": "atms", "device": "ATM1", "fault_code": "F1", "fault_time": "2024-03-14T15:17:48Z"}
    door = {"subject": "Door", "description": "Stuck", "contact_name": "Ann", "contact_number": 5550100}
    of_safe = {"account": "safes", "device": "SR10042", "fault_time": "2024-03-14T15:17:48Z", **door}
    told = []
    for body, status in (
        (fault, 201),
        (of_safe, 201),
        (fault | {"falt_code": "F1"}, 400),
        (fault | {"device": 7}, 400),
    ):
        case = api["/api/v1/incidents"]["POST"].Case(body=body, media_type="application/json")
        answer = case.call_and_validate(headers={"Authorization": f"Token {desk.token}"})
        assert answer.status_code == status
        told.append(answer.json())
    cancel = api["/api/v1/incidents/{reference}/cancel"]["POST"]
    for number, body, status in ((0, {"text": "Gone"}, 409), (1, {}, 400), (1, {"text": "Gone"}, 202)):
        path = {"reference": told[number]["reference"]}
        case = cancel.Case(path_parameters=path, body=body, media_type="application/json")
        answer = case.call_and_validate(headers={"Authorization": f"Token {desk.token}"})
        assert answer.status_code == status
