"""POST /api/v1/incidents/{reference}/cancel: asked for once, and not of what cannot be cancelled."""

from __future__ import annotations

import pytest

from incidents.models import Dispatch, Incident
from tests.api.reader import problem
from tests.incidents.api.desk import atm_fault, safe_fault
from tests.incidents.api.loomis import say, send_all

pytestmark = pytest.mark.django_db


def test_what_has_not_gone_out_is_cancelled_here(desk):
    reference = desk.raised(safe_fault())["reference"]
    answer = desk.cancel(reference)
    said = answer.json()
    assert (answer.status_code, said["state"], said["cancel_requested"]) == (202, "cancelled", True)
    assert said["cancel_text"] == "Solved by itself."
    assert desk.read(f"incidents/{reference}") == said
    assert Dispatch.objects.get().state == "dropped"


def test_what_has_gone_out_waits_for_loomis(desk):
    reference = desk.raised(safe_fault())["reference"]
    send_all()
    said = desk.cancel(reference).json()
    assert (said["state"], said["cancel_requested"]) == ("sent", True)
    assert Dispatch.objects.get(kind="cancel").state == "held"


def test_a_repeat_with_its_key_is_answered_as_the_first_time_and_without_one_refused(desk):
    reference = desk.raised(safe_fault())["reference"]
    send_all()
    answers = [desk.cancel(reference, key="k1") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [202, 202]
    assert answers[0].json() == answers[1].json()
    problem(desk.cancel(reference, "Another reason.", key="k1"), 409)
    problem(desk.cancel(reference), 409)
    assert Dispatch.objects.filter(kind="cancel").count() == 1


def test_atms_have_no_cancel(desk):
    reference = desk.raised(atm_fault())["reference"]
    assert "service desk" in problem(desk.cancel(reference), 409)["detail"]


def test_what_is_at_its_end_is_left_there(desk):
    reference = desk.raised(safe_fault())["reference"]
    send_all()
    say(reference, "close")
    assert "closed already" in problem(desk.cancel(reference), 409)["detail"]


@pytest.mark.parametrize("text", ["", " ", None, 1.5, True, ["why"], "x" * 4001, "\x00", "\ud800"])
def test_a_cancel_says_why(desk, text):
    reference = desk.raised(safe_fault())["reference"]
    assert set(problem(desk.cancel(reference, text), 400)["errors"]) == {"text"}
    assert Incident.objects.get().state == "queued"


def test_unknown_incidents_fields_and_bodies_are_refused(desk):
    reference = desk.raised(safe_fault())["reference"]
    problem(desk.cancel("nothing"), 404)
    problem(desk.cancel("%00"), 404)
    assert set(problem(desk.say({"text": "x", "by": "me"}, f"incidents/{reference}/cancel"), 400)["errors"]) == {"by"}
    problem(desk.say(None, f"incidents/{reference}/cancel", body=b""), 400)
    problem(desk.ask(f"incidents/{reference}/cancel"), 405)
