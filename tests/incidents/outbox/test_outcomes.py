"""What follows from each outcome of a try, in both dialects: done, tried again, in doubt, or a dead letter."""

from __future__ import annotations

import datetime as dt
import json

import pytest
from django.utils import timezone

from incidents import arranging
from incidents.intake import take_in
from incidents.models import Attempt, Dispatch, IncidentMessage, LoomisAccount
from incidents.outbox.claiming import claim
from incidents.outbox.sending import drain
from incidents.raising import request_cancel, send_again
from safes.sealing import seal
from tests.incidents.outbox.telling import account_of, dispatch, next_turn, past, queued, state, tries
from tests.incidents.transports.far_end import far_end, in_turn, is_silent, says

pytestmark = pytest.mark.django_db(transaction=True)

DIALECTS = pytest.mark.parametrize("dialect", ["atm", "safepoint"])
NUMBER = {"atm": "IncidentNumber", "safepoint": "IncidentId"}


def message(kind: str, **said: str) -> str:
    return json.dumps({"MessageType": kind, "CustomerNumber": "C100", **said})


@DIALECTS
def test_what_got_through_is_done_and_every_byte_of_it_is_kept(dialect):
    with far_end(says(200)) as there:
        incident = queued(account_of(dialect, there.url))
        drain()
    incident.refresh_from_db()
    assert (incident.state, dispatch(incident).state, tries(incident)) == ("sent", "done", ["delivered"])
    (asked,) = there.asked
    kept = IncidentMessage.objects.get(incident=incident, direction="out")
    assert (bytes(kept.body), kept.via, kept.type, kept.status) == (asked.body, "request", "dispatch", 200)
    assert kept.duration_ms is not None
    assert (asked.reference, incident.tried_at, incident.sent_at is not None) == (incident.reference, kept.at, True)
    account = LoomisAccount.objects.get()
    assert (account.failures, account.failing_since, account.error, account.sent_at is not None) == (0, None, "", True)


@DIALECTS
def test_an_answer_in_the_response_is_a_message_and_proves_what_it_says(dialect):
    with far_end(says(200, message("ACK", Status="Open", **{NUMBER[dialect]: "INC1"}))) as there:
        incident = queued(account_of(dialect, there.url))
        drain()
    incident.refresh_from_db()
    assert (incident.state, incident.loomis_number) == ("acknowledged", "INC1")
    heard = IncidentMessage.objects.get(incident=incident, direction="in")
    assert (heard.via, heard.type, heard.answers) == ("response", "ack", Attempt.objects.get())
    assert not Attempt.objects.get().answer_waits


@DIALECTS
def test_a_refusal_in_the_response_is_a_refusal_also_with_status_400(dialect):
    with far_end(says(400, message("NAK", ResponseCode="DeviceNotFound"))) as there:
        incident = queued(account_of(dialect, there.url))
        drain()
    assert (state(incident), dispatch(incident).state, tries(incident)) == ("refused", "done", ["delivered"])


@DIALECTS
def test_what_never_will_be_taken_is_a_dead_letter_at_once_that_a_person_can_send_again(dialect):
    with far_end(in_turn(says(401), says(200))) as there:
        incident = queued(account_of(dialect, there.url))
        drain()
        dead = dispatch(incident)
        assert (state(incident), dead.state, "credential (401)" in dead.error) == ("queued", "dead", True)
        next_turn()
        assert len(there.asked) == 1
        send_again(incident.pk)
        drain()
    assert (state(incident), dispatch(incident).state) == ("sent", "done")
    assert there.references == [incident.reference] * 2


@DIALECTS
def test_what_surely_did_not_arrive_is_tried_again_later_each_time(dialect, settings):
    settings.INCIDENT_RETRY_BASE_SECONDS = 100
    with far_end(in_turn(says(429), says(429), says(200))) as there:
        incident = queued(account_of(dialect, there.url))
        drain()
        first = dispatch(incident)
        assert (state(incident), first.state, first.failures) == ("queued", "due", 1)
        assert first.next_attempt_at is not None
        assert (first.next_attempt_at - timezone.now()).total_seconds() + 60 >= 50
        assert drain() is False
        assert len(there.asked) == 1
        next_turn()
        second = dispatch(incident)
        assert second.next_attempt_at is not None
        assert second.next_attempt_at > first.next_attempt_at
        account = LoomisAccount.objects.get()
        assert (account.failures, account.failing_since is not None, "429" in account.error) == (2, True, True)
        next_turn()
    assert (state(incident), tries(incident)) == ("sent", ["not_arrived", "not_arrived", "delivered"])
    assert LoomisAccount.objects.get().failing_since is None
    # The same bytes each time.
    assert len({asked.body for asked in there.asked}) == 1


def test_what_a_server_asks_us_to_wait_is_waited(settings):
    settings.INCIDENT_RETRY_BASE_SECONDS = 1
    with far_end(says(503, Retry_After="600")) as there:
        incident = queued(account_of("atm", there.url))
        before = timezone.now()
        drain()
    due = dispatch(incident).next_attempt_at
    assert due is not None
    assert due >= before + dt.timedelta(seconds=600)


def test_an_atm_in_doubt_is_sent_again_with_the_same_reference(settings):
    settings.INCIDENT_TIMEOUT_SECONDS = 0.5
    with far_end(in_turn(is_silent, says(500), says(200, message("ACK", IncidentNumber="INC7")))) as there:
        incident = queued(account_of("atm", there.url))
        drain()
        assert (state(incident), dispatch(incident).state) == ("unconfirmed", "due")
        settings.INCIDENT_TIMEOUT_SECONDS = 10
        next_turn()
        next_turn()
    assert tries(incident) == ["unknown", "not_arrived", "delivered"]
    assert (state(incident), dispatch(incident).state) == ("acknowledged", "done")
    assert there.references == [incident.reference] * 3


def test_a_safe_in_doubt_waits_for_a_person_who_can_send_it_again(settings):
    with far_end(in_turn(says(500), says(200))) as there:
        incident = queued(account_of("safepoint", there.url))
        drain()
        assert (state(incident), dispatch(incident).state) == ("unconfirmed", "unknown")
        next_turn()
        assert len(there.asked) == 1
        send_again(incident.pk)
        drain()
    assert tries(incident) == ["unknown", "delivered"]
    assert dispatch(incident).state == "done"
    assert there.references == [incident.reference] * 2


def test_a_duplicate_of_a_try_that_was_the_only_one_is_a_refusal():
    with far_end(says(200, message("NAK", ResponseCode="Duplicate"))) as there:
        incident = queued(account_of("atm", there.url))
        drain()
    assert (state(incident), dispatch(incident).state) == ("refused", "done")


@pytest.mark.parametrize("status", [200, 400, 409])
def test_a_duplicate_after_a_try_in_doubt_proves_nothing_and_the_ack_is_awaited(status):
    with far_end(in_turn(says(500), says(status, message("NAK", ResponseCode="Duplicate")))) as there:
        account = account_of("atm", there.url)
        incident = queued(account)
        drain()
        next_turn()
        assert (state(incident), dispatch(incident).state) == ("unconfirmed", "unknown")
        assert "Duplicate" in dispatch(incident).error
        next_turn()
        assert len(there.asked) == 2
    ack = message("ACK", IncidentNumber="INC9", IncidentReference=incident.reference)
    take_in(account, ack.encode(), IncidentMessage.Via.UPDATE)
    assert (state(incident), dispatch(incident).state) == ("acknowledged", "done")


@pytest.mark.parametrize(("status", "given_up"), [(429, "dead"), (500, "unknown")])
def test_after_23_hours_nothing_is_tried_by_itself(status, given_up):
    with far_end(says(status)) as there:
        incident = queued(account_of("atm", there.url))
        drain()
        past(incident, dt.timedelta(hours=23))
        next_turn()
        assert len(there.asked) == 1
        assert (dispatch(incident).state, "23 hours" in dispatch(incident).error) == (given_up, True)
        next_turn()
        assert len(there.asked) == 1
        send_again(incident.pk)
        drain()
        assert len(there.asked) == 2
        # By itself only where nothing that Loomis may have could be doubled.
        assert dispatch(incident).state == ("due" if given_up == "dead" else "unknown")


def test_a_try_that_fails_too_late_for_the_next_is_the_last():
    with far_end(says(429)) as there:
        incident = queued(account_of("atm", there.url))
        drain()
        past(incident, dt.timedelta(hours=23) - dt.timedelta(seconds=2))
        next_turn()
        assert len(there.asked) == 2
    assert dispatch(incident).state == "dead"


def test_an_account_that_is_not_active_sends_nothing_until_it_is():
    with far_end(says(200)) as there:
        account = account_of("atm", there.url)
        incident = queued(account)
        LoomisAccount.objects.update(active=False)
        drain()
        assert (there.asked, state(incident)) == ([], "queued")
        LoomisAccount.objects.update(active=True)
        drain()
    assert state(incident) == "sent"


def test_a_credential_is_unsealed_for_the_try_alone_and_one_that_cannot_be_is_told():
    with far_end(says(200)) as there:
        account = account_of("atm", there.url, auth_header="X-Key")
        arranging.save(account, "open sesame")
        first = queued(account)
        drain()
        assert there.asked[0].headers["x-key"] == "open sesame"
        LoomisAccount.objects.update(sealed_credential=seal("x")[:-4] + "AAAA")
        second = queued(account)
        drain()
        assert (len(there.asked), dispatch(second).state) == (1, "due")
    assert "SECRET_KEY was changed" in dispatch(second).error
    assert all(b"sesame" not in bytes(one.body) for one in IncidentMessage.objects.filter(incident=first))


def test_a_cancel_waits_for_loomis_s_number_and_then_goes_out_with_it():
    numbered = message("ACK", IncidentId="INC3", Status="Open")
    with far_end(in_turn(says(200), says(200))) as there:
        account = account_of("safepoint", there.url)
        incident = queued(account)
        drain()
        request_cancel(incident.pk, "It opens again.", "anna")
        drain()
        assert (len(there.asked), dispatch(incident, "cancel").state) == (1, "held")
        said = {**json.loads(numbered), "IncidentReference": incident.reference}
        take_in(account, json.dumps(said).encode(), IncidentMessage.Via.UPDATE)
        drain()
    sent = json.loads(there.asked[1].body)
    assert (sent["MessageType"], sent["IncidentId"], sent["ResponseText"]) == ("Cancel", "INC3", "It opens again.")
    # Bare 2xx: it got through, and Loomis has not said what came of it.
    assert (state(incident), dispatch(incident, "cancel").state) == ("acknowledged", "done")


def test_a_cancel_in_the_answer_to_our_cancel_cancels():
    cancelled = message("Cancel", IncidentId="INC3", ResponseText="Done", DateTime="2026-03-16T12:00:00Z")
    with far_end(in_turn(says(200, message("ACK", IncidentId="INC3", Status="Open")), says(200, cancelled))) as there:
        incident = queued(account_of("safepoint", there.url))
        drain()
        request_cancel(incident.pk, "It opens again.", "anna")
        drain()
    assert (state(incident), dispatch(incident, "cancel").state) == ("cancelled", "done")


def test_what_was_cancelled_here_before_it_went_out_is_never_sent():
    with far_end(says(200)) as there:
        incident = queued(account_of("safepoint", there.url))
        request_cancel(incident.pk, "A mistake.", "anna")
        drain()
        assert (there.asked, state(incident)) == ([], "cancelled")


def test_the_answer_that_comes_as_an_update_first_ends_the_tries():
    """An ATM in doubt is due again; the ACK comes meanwhile."""
    with far_end(says(500)) as there:
        account = account_of("atm", there.url)
        incident = queued(account)
        drain()
        ack = message("ACK", IncidentNumber="INC5", IncidentReference=incident.reference)
        take_in(account, ack.encode(), IncidentMessage.Via.UPDATE)
        next_turn()
        assert len(there.asked) == 1
    assert (state(incident), dispatch(incident).state) == ("acknowledged", "done")


def test_nothing_is_claimed_that_is_not_due():
    with far_end(says(200)) as there:
        incident = queued(account_of("atm", there.url))
        Dispatch.objects.update(next_attempt_at=timezone.now() + dt.timedelta(minutes=1))
        assert claim() is None
    assert tries(incident) == []
