"""GET /api/v1/incidents: found by each filter, told with all messages, and at the same cost however many there are."""

from __future__ import annotations

import csv
import io

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from incidents.models import Incident
from tests.api.reader import problem
from tests.incidents.api.desk import Desk, atm_fault, safe_fault
from tests.incidents.api.loomis import say, send_all

pytestmark = pytest.mark.django_db


@pytest.fixture
def two(desk: Desk) -> tuple[str, str]:
    """A safe's incident, closed under INC7, and an ATM's of the day after, queued."""
    with time_machine.travel("2026-11-20T10:00:00Z", tick=False):
        safe = desk.raised(safe_fault(fault_time="2026-11-20T09:00:00Z"))["reference"]
        send_all()
        say(safe, "ack")
        say(safe, "close", text="Done")
    with time_machine.travel("2026-11-21T10:00:00Z", tick=False):
        return desk.raised(atm_fault(fault_time="2026-11-21T09:00:00Z"))["reference"], safe


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, "atm safe"),
        ({"state": "closed"}, "safe"),
        ({"state": "queued"}, "atm"),
        ({"open": "true"}, "atm"),
        ({"open": "false"}, "safe"),
        ({"account": "ATMS-1"}, "atm"),
        ({"dialect": "safepoint"}, "safe"),
        ({"device": "sr70001"}, "safe"),
        ({"fault_code": "f1"}, "atm"),
        ({"site": "s900"}, "atm safe"),
        ({"site": "S1"}, ""),
        ({"loomis_number": "inc7"}, "safe"),
        ({"created_from": "2026-11-21T00:00:00Z"}, "atm"),
        ({"created_to": "2026-11-21T10:00:00Z"}, "safe"),
        ({"order": "asc"}, "safe atm"),
    ],
)
def test_incidents_are_found_by_what_is_asked(desk, two, asked, found):
    by_name = dict(zip(("atm", "safe"), two, strict=True))
    assert [row["reference"] for row in desk.rows("incidents", **asked)] == [by_name[name] for name in found.split()]


def test_an_incident_is_found_by_its_reference(desk, two):
    assert [row["dialect"] for row in desk.rows("incidents", reference=two[0])] == ["atm"]
    problem(desk.ask("incidents/nothing"), 404)


@pytest.mark.parametrize(
    "asked", [{"state": "lost"}, {"open": "yes"}, {"created_from": "2026-11-21"}, {"fault": "F1"}, {"dialect": "tills"}]
)
def test_a_filter_that_is_not_understood_is_refused(desk, asked):
    assert set(problem(desk.ask("incidents", **asked), 400)["errors"]) == set(asked)


def test_what_loomis_said_is_told_with_every_message(desk, two):
    said = desk.read(f"incidents/{two[1]}")
    assert (said["state"], said["loomis_number"], said["response_text"]) == ("closed", "INC7", "Done")
    assert said["sent_at"] == "2026-11-20T10:00:00Z"
    assert [(one["direction"], one["type"]) for one in said["messages"]] == [
        ("out", "dispatch"),
        ("in", "ack"),
        ("in", "close"),
    ]
    assert set(said["messages"][0]) == {"direction", "type", "at", "status"}
    assert said["messages"][0]["status"] == 200


def test_a_spreadsheet_has_a_line_each(desk, two):
    answer = desk.ask("incidents", accept="text/csv")
    lines = list(csv.DictReader(io.StringIO(answer.getvalue().decode())))
    assert [line["reference"] for line in lines] == list(two)
    assert [line["state"] for line in lines] == ["queued", "closed"]


def test_pages_follow_one_another(desk, two):
    assert [row["reference"] for row in desk.walk("incidents", page_size=1)] == list(two)


def test_a_list_costs_the_same_however_many_messages_there_are(desk, two):
    def cost() -> int:
        with CaptureQueriesContext(connection) as seen:
            desk.rows("incidents")
        return len(seen)

    desk.rows("sites")  # whose use is noted once a minute
    few = cost()
    for number in range(8):
        desk.raised(safe_fault(description=f"Once more: {number}"))
    send_all()
    for incident in Incident.objects.filter(state="sent"):
        say(incident.reference, "ack", number=f"INC{incident.pk}00")
    assert cost() == few <= 4
