"""The timeline of an incident: everything that was said both ways, readable, in its order, to the letter below."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone

from incidents.admin.story import raw_of, story_of
from incidents.models import Incident, IncidentMessage
from tests.incidents.making import incident
from tests.staff import page

pytestmark = pytest.mark.django_db

In, Out = IncidentMessage.Direction.IN, IncidentMessage.Direction.OUT


def say(one: Incident, minutes: int, body: bytes, **said: object) -> IncidentMessage:
    known = {"direction": In, "via": "update", "type": "ack", "applied_at": timezone.now(), **said}
    at = one.created_at + dt.timedelta(minutes=minutes)
    return IncidentMessage.objects.create(account=one.account, incident=one, body=body, at=at, **known)


def test_both_ways_are_told_in_the_order_in_which_they_went(staff):
    one = incident()
    dispatch = one.dispatches.get()
    begun = one.created_at + dt.timedelta(minutes=1)
    first = dispatch.attempts.create(
        number=1,
        started_at=begun,
        ended_at=begun + dt.timedelta(seconds=2),
        outcome="delivered",
        status=200,
        response=b'{"MessageType":"ACK"}',
    )
    say(one, 1, b'{"MessageType":"Dispatch"}', direction=Out, via="request", type="dispatch", attempt=first)
    say(one, 2, b'{"MessageType":"ACK"}', via="response", answers=first, reading={"type": "ack", "number": "INC7"})
    eta = one.created_at + dt.timedelta(hours=4)
    say(
        one,
        3,
        b"<x/>",
        type="accept",
        reading={"type": "accept", "eta": eta.isoformat()},
        warnings=["Customer is missing."],
    )
    say(one, 4, b"<x/>", type="accept", is_repeat=True)
    told = story_of(one)
    assert [moment.what for moment in told] == [
        "raised it",
        "Dispatch sent, try 1",
        "ACK: acknowledged",
        "Accept: accepted",
        "Accept: accepted",
    ]
    assert dict(told[1].facts) == {"outcome": "delivered", "status": "200", "took": "2.000 s"}
    assert "answered" not in told[1].raw  # it is the next one
    assert dict(told[2].facts)["Loomis’s number"] == "INC7"
    assert dict(told[3].facts)["ETA"].startswith(f"{eta:%Y-%m-%d %H:%M} UTC, ")
    assert told[3].warnings == ["Customer is missing."]
    assert [moment.is_repeat for moment in told] == [False, False, False, False, True]
    shown = staff.get(page(Incident, "change", one.pk)).content.decode()
    assert "a repeat: said before" in shown
    assert "&quot;MessageType&quot;: &quot;Dispatch&quot;" in shown


def test_an_answer_that_is_no_message_is_kept_with_its_try():
    one = incident()
    begun = timezone.now()
    tried = one.dispatches.get().attempts.create(
        number=1,
        started_at=begun,
        ended_at=begun,
        outcome="unknown",
        status=200,
        error="That is a page.",
        response=b"<h1>Oh</h1>",
    )
    say(one, 1, b"{}", direction=Out, via="request", type="dispatch", attempt=tried)
    moment = story_of(one)[1]
    assert dict(moment.facts)["why"] == "That is a page."
    assert moment.raw.endswith("— answered —\n<h1>Oh</h1>")


def test_a_try_whose_worker_died_before_it_sent_anything_is_told_all_the_same():
    one = incident()
    one.dispatches.get().attempts.create(number=1, started_at=timezone.now())
    assert [moment.what for moment in story_of(one)] == ["raised it", "Dispatch, try 1"]


def test_a_long_answer_costs_the_page_no_more_than_its_beginning(staff):
    one = incident()
    message = say(one, 1, b"x" * 2_000_000)
    moment = story_of(one)[1]
    assert len(moment.raw) < 10_000
    assert moment.raw.endswith("…")
    assert len(staff.get(page(IncidentMessage, "change", message.pk)).content) < 600_000
    assert len(staff.get(page(IncidentMessage, "download", message.pk)).content) == 2_000_000


@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"\x00\x01", b'{"a": 1', b"[" * 100_000, b'{"a": "\\ud800"}'])
def test_no_bytes_break_what_is_shown_of_them(staff, body):
    one = incident()
    message = say(one, 1, body)
    raw_of(body)
    assert staff.get(page(Incident, "change", one.pk)).status_code == 200
    assert staff.get(page(IncidentMessage, "change", message.pk)).status_code == 200
