"""The buttons of an incident's page: each does one thing, and says no with a sentence where it does not apply."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone

from incidents.models import Dispatch, Incident
from incidents.proving import lock, prove
from tests.incidents.making import atm_wanted, incident, safe_wanted
from tests.staff import page

pytestmark = pytest.mark.django_db


def tried(one: Incident, outcome: str, state: str, error: str = "It broke off.") -> Incident:
    """As after a try that ended so."""
    dispatch = one.dispatches.get(kind="dispatch")
    now = timezone.now()
    dispatch.attempts.create(
        number=1,
        started_at=now,
        ended_at=now + dt.timedelta(milliseconds=120),
        outcome=outcome,
        may_have_arrived=outcome == "unknown",
        error=error,
        response=b"<h1>Oh no</h1>",
    )
    Dispatch.objects.filter(pk=dispatch.pk).update(state=state, next_attempt_at=None, attempts_made=1, error=error)
    Incident.objects.filter(pk=one.pk).update(tried_at=now)
    locked = lock(one.pk)
    prove(locked)
    return locked


def buttons(response) -> set[str]:
    return {one["path"].rstrip("/").rpartition("/")[2] for one in response.context["actions_detail"]}


def shown(staff, one: Incident) -> str:
    return str(staff.get(page(Incident, "change", one.pk)).content.decode())


def test_a_dead_letter_says_why_and_is_sent_again(staff):
    one = tried(incident(), "not_arrived", "dead", "Nobody listens there.")
    text = shown(staff, one)
    assert "is tried no more: Nobody listens there." in text
    assert "nothing can be done twice" in staff.get(page(Incident, "send_again", one.pk)).content.decode()
    staff.post(page(Incident, "send_again", one.pk))
    assert one.dispatches.get().state == "due"


def test_of_an_unknown_outcome_the_page_says_what_may_happen_before_it_is_sent_again(staff):
    one = tried(incident(), "unknown", "unknown")
    assert one.state == "unconfirmed"
    assert "they may come twice" in shown(staff, one)
    assert "they make a second incident of it" in staff.get(page(Incident, "send_again", one.pk)).content.decode()
    staff.post(page(Incident, "send_again", one.pk))
    assert one.dispatches.get().state == "due"


def test_a_look_at_a_button_does_nothing(staff):
    one = tried(incident(), "not_arrived", "dead")
    draft = incident(draft=True)
    for made, acts in ((one, ("send_again", "cancel")), (draft, ("send", "discard"))):
        for act in acts:
            assert staff.get(page(Incident, act, made.pk)).status_code == 200
    assert one.dispatches.get().state == "dead"
    draft.refresh_from_db()
    assert draft.state == "draft"


def test_what_goes_out_by_itself_is_not_sent_again_and_one_is_told(staff):
    one = incident()
    response = staff.post(page(Incident, "send_again", one.pk), follow=True)
    assert "It is not a dead letter" in response.content.decode()
    assert one.dispatches.get().state == "due"


def test_a_cancel_needs_a_word_why_and_is_done_here_while_nothing_went_out(staff):
    one = incident()
    empty = staff.post(page(Incident, "cancel", one.pk), {"text": "  "})
    assert empty.status_code == 200
    one.refresh_from_db()
    assert one.state == "queued"
    staff.post(page(Incident, "cancel", one.pk), {"text": "It opened."})
    one.refresh_from_db()
    assert (one.state, one.cancel_text) == ("cancelled", "It opened.")
    assert "cancelled here before it went out: It opened." in shown(staff, one)


def test_a_cancel_of_what_went_out_waits_for_loomis_and_says_so(staff):
    one = tried(incident(), "delivered", "done", "")
    staff.post(page(Incident, "cancel", one.pk), {"text": "It opened."})
    assert "waits for Loomis’s number" in shown(staff, one)
    again = staff.post(page(Incident, "cancel", one.pk), {"text": "Again."}, follow=True)
    assert "asked for already" in again.content.decode()
    one.refresh_from_db()
    assert one.cancel_text == "It opened."


def test_a_cancel_that_did_not_get_through_is_sent_again(staff):
    one = tried(incident(), "delivered", "done", "")
    staff.post(page(Incident, "cancel", one.pk), {"text": "It opened."})
    one.dispatches.filter(kind="cancel").update(state="dead", error="Nobody listens there.")
    text = shown(staff, one)
    assert "did not get through: Nobody listens there." in text
    staff.post(page(Incident, "send_cancel_again", one.pk))
    assert one.dispatches.get(kind="cancel").state == "due"


def test_of_an_atm_no_cancel_is_offered_and_one_is_told_to_call(staff):
    one = incident(atm_wanted())
    assert "cancel" not in buttons(staff.get(page(Incident, "change", one.pk)))
    response = staff.post(page(Incident, "cancel", one.pk), {"text": "x"}, follow=True)
    assert "call their service desk" in response.content.decode()


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (lambda: incident(draft=True), {"send", "edit", "discard"}),
        (lambda: incident(), {"cancel", "raise-again"}),
        (lambda: tried(incident(), "not_arrived", "dead"), {"send-again", "cancel", "raise-again"}),
        (lambda: tried(incident(atm_wanted()), "delivered", "done"), {"raise-again"}),
    ],
)
def test_only_the_buttons_that_make_sense_are_offered(staff, made, expected):
    found = buttons(staff.get(page(Incident, "change", made().pk)))
    assert found - {"history"} == expected


def test_a_draft_is_discarded_and_kept_in_the_list(staff):
    one = incident(draft=True)
    staff.post(page(Incident, "discard", one.pk), {"text": "Not needed."})
    one.refresh_from_db()
    assert one.state == "cancelled"
    assert not one.dispatches.exists()


def test_a_draft_that_became_wrong_is_not_sent(staff):
    one = incident(safe_wanted(device="SR70009"), draft=True)
    assert one.safe is not None
    type(one.safe).objects.filter(pk=one.safe.pk).update(status="retired")
    response = staff.post(page(Incident, "send", one.pk), follow=True)
    assert "The safe SR70009 is retired." in response.content.decode()
    one.refresh_from_db()
    assert one.state == "draft"


def test_a_try_is_told_with_its_outcome_its_time_and_the_answer_that_was_kept(staff):
    one = tried(incident(), "not_arrived", "dead", "503 Service Unavailable.")
    text = shown(staff, one)
    for said in ("did not arrive", "0.120 s", "503 Service Unavailable.", "&lt;h1&gt;Oh no&lt;/h1&gt;"):
        assert said in text
