"""POST /api/v1/incidents: raised once, refused by the names of fields, and never a 500."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from incidents.models import Dispatch, Incident, LoomisAccount
from tests.api.reader import problem
from tests.incidents.api.desk import Desk, atm_fault, safe_fault

pytestmark = pytest.mark.django_db


def test_what_is_raised_is_queued_and_read_back_as_it_was_answered(desk):
    said = desk.raised(atm_fault(fault_code="CASH", amounts={"20": 1020, "5": "55"}, notes="Empty"))
    assert said.pop("warnings") == []
    assert (said["state"], said["dialect"], said["account"], said["device"]) == ("queued", "atm", "atms-1", "ATM00001")
    assert (said["fault_code"], said["amounts"], said["notes"]) == ("CASH", {"20": "1020", "5": "55"}, "Empty")
    assert (said["raised_by"], said["site"], said["finding"], said["messages"]) == ("desk", "S900", None, [])
    assert (said["cancel_requested"], said["loomis_number"], said["eta"], said["closed_at"]) == (
        False,
        None,
        None,
        None,
    )
    assert desk.read(f"incidents/{said['reference']}") == said
    assert desk.rows("incidents") == [said]
    assert Dispatch.objects.get().incident.reference == said["reference"]


def test_times_are_told_in_utc_whatever_zone_they_came_in(desk):
    assert desk.raised(safe_fault(fault_time="2026-01-16T09:17:48-06:00"))["fault_time"] == "2026-01-16T15:17:48Z"


def test_a_safe_needs_no_fault_code(desk):
    said = desk.raised(safe_fault(contact_number=5550100, notes=None))
    assert (said["dialect"], said["fault_code"], said["contact_number"]) == ("safepoint", None, "5550100")


def test_the_same_within_24_hours_is_raised_with_a_warning(desk):
    first = desk.raised(atm_fault())
    (warning,) = desk.raised(atm_fault())["warnings"]
    assert first["reference"] in warning
    assert desk.raised(atm_fault(fault_code="CASH", amounts={"20": 20}))["warnings"] == []


def test_what_the_dialect_has_no_word_for_is_said_to_be_left_out(desk):
    (warning,) = desk.raised(safe_fault(notes="Hurry"))["warnings"]
    assert warning.startswith("notes ")


def test_a_repeat_with_its_key_is_answered_as_the_first_time(desk):
    fault = atm_fault()
    first = desk.say(fault, key="k1")
    again = desk.say(fault, key="k1")
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    problem(desk.say(fault | {"notes": "Other"}, key="k1"), 409)
    assert Incident.objects.count() == Dispatch.objects.count() == 1


def test_a_refused_call_has_not_used_its_key_up(desk):
    problem(desk.say(atm_fault(fault_code="F9"), key="k1"), 400)
    assert desk.say(atm_fault(), key="k1").status_code == 201


@pytest.mark.parametrize("role", ["reader", "till", "marketer"])
def test_other_roles_raise_and_cancel_nothing(desk, role):
    reference = desk.raised(safe_fault())["reference"]
    other = Desk(role, "other")
    problem(other.say(safe_fault()), 403)
    problem(other.cancel(reference), 403)
    assert Incident.objects.get().cancel_requested_at is None


def test_an_administrator_may(desk):
    assert Desk("administrator", "boss").raised(safe_fault())["raised_by"] == "boss"


TOMORROW = (dt.datetime(2200, 1, 1, tzinfo=dt.UTC)).isoformat()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"account": None}, "account"),
        ({"account": "nobody"}, "account"),
        ({"account": ["atms-1"]}, "account"),
        ({"account": "a\x00"}, "account"),
        ({"device": "ATM99"}, "device"),
        ({"device": "SR70001"}, "device"),
        ({"device": True}, "device"),
        ({"fault_code": None}, "fault_code"),
        ({"fault_code": "F9"}, "fault_code"),
        ({"fault_code": {"code": "F1"}}, "fault_code"),
        ({"fault_time": None}, "fault_time"),
        ({"fault_time": "2026-01-16T15:17:48"}, "fault_time"),
        ({"fault_time": "2026-01-16"}, "fault_time"),
        ({"fault_time": "yesterday"}, "fault_time"),
        ({"fault_time": 1789000000}, "fault_time"),
        ({"fault_time": TOMORROW}, "fault_time"),
        ({"fault_time": "9999-12-31T23:59:59-23:00"}, "fault_time"),
        ({"amounts": {"20": 1030}}, "amounts"),
        ({"amounts": {"20": -20}}, "amounts"),
        ({"amounts": {"20": 20.5}}, "amounts"),
        ({"amounts": {"20": True}}, "amounts"),
        ({"amounts": {"3": 3}}, "amounts"),
        ({"amounts": [20]}, "amounts"),
        ({"amounts": {"20": {"count": 1}}}, "amounts"),
        ({"fault_code": "CASH"}, "amounts"),
        ({"device_status": "Broken"}, "device_status"),
        ({"notes": "x" * 4001}, "notes"),
        ({"notes": "\ud800"}, "notes"),
        ({"notes": ["Low"]}, "notes"),
        ({"notes": 1.5}, "notes"),
        ({"falt_code": "F1"}, "falt_code"),
        ({"state": "closed"}, "state"),
    ],
)
def test_what_is_wrong_is_refused_by_its_name_and_nothing_is_kept(desk, changes, field):
    said = problem(desk.say(atm_fault(**changes)), 400)
    assert set(said["errors"]) == {field}
    assert all(sentence.endswith(".") for sentence in said["errors"][field])
    assert not Incident.objects.exists()


@pytest.mark.parametrize("field", ["subject", "description", "contact_name", "contact_number"])
def test_what_loomis_needs_of_a_safe_is_asked_for(desk, field):
    assert set(problem(desk.say(safe_fault(**{field: " "})), 400)["errors"]) == {field}


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"7", b'"text"', b"null", b"\xff", b'{"a": NaN}', b"[" * 100_000])
def test_a_body_that_is_no_object_is_refused(desk, body):
    problem(desk.say(None, body=body), 400)


def test_a_parameter_in_the_address_is_refused(desk):
    assert set(problem(desk.say(safe_fault(), "incidents?dry_run=1"), 400)["errors"]) == {"dry_run"}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)
NAMES = (*atm_fault(), *safe_fault(), "amounts", "notes", "device_status", "contact_email")


@given(st.sampled_from(sorted(set(NAMES))), JSON, st.booleans())
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_no_value_of_any_field_is_a_500(desk, name, value, of_an_atm):
    fault: dict[str, Any] = (atm_fault if of_an_atm else safe_fault)(**{name: value})
    answer = desk.say(None, body=json.dumps(fault).encode())
    assert answer.status_code in (201, 400)
    if answer.status_code == 400:
        problem(answer, 400)


def test_an_inactive_account_takes_nothing(desk):
    LoomisAccount.objects.update(active=False)
    assert set(problem(desk.say(atm_fault(fault_time=timezone.now().isoformat())), 400)["errors"]) == {"account"}
