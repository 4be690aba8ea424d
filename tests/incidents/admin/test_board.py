"""The board: every open incident under its state with its clock in words, what asks for somebody before the rest."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone

from incidents.admin.asking import ASKED
from incidents.admin.clock_words import clocks_of, span
from incidents.clocks import ClockFacts
from incidents.lifecycle import State
from incidents.models import Dispatch, Incident
from tests.factories import SiteFactory
from tests.incidents.making import atm_wanted, incident, safe_wanted
from tests.staff import page

BOARD = "/admin/incidents/incident/board/"
NOW = dt.datetime(2026, 11, 22, 12, 0, tzinfo=dt.UTC)
MINUTE, HOUR = dt.timedelta(minutes=1), dt.timedelta(hours=1)


def facts(state: State, **said: dt.datetime) -> ClockFacts:
    known = {"tried_at": None, "promised_at": None, "eta": None, "sla": None, **said}
    return ClockFacts(state=state, acknowledge_within=30 * MINUTE, **known)


@pytest.mark.parametrize(
    ("length", "words"),
    [
        (dt.timedelta(seconds=59), "less than a minute"),
        (45 * MINUTE, "45 min"),
        (3 * HOUR + 10 * MINUTE, "3 h 10 min"),
        (25 * HOUR, "25 h"),
        (dt.timedelta(days=2), "2 days"),
        (dt.timedelta(days=3, hours=4, minutes=5), "3 days 4 h"),
    ],
)
def test_a_length_is_said_in_the_units_that_say_something(length, words):
    assert span(length) == words


@pytest.mark.parametrize(
    ("asked", "words", "is_late", "is_soon"),
    [
        (facts(State.SENT, tried_at=NOW - 10 * MINUTE), "to be acknowledged within 20 min", False, False),
        (facts(State.UNCONFIRMED, tried_at=NOW - 45 * MINUTE), "not acknowledged for 45 min", True, False),
        (
            facts(State.ACCEPTED, promised_at=NOW - HOUR, sla=NOW + 3 * HOUR + 10 * MINUTE),
            "SLA in 3 h 10 min",
            False,
            False,
        ),
        (facts(State.ACCEPTED, promised_at=NOW - 4 * HOUR, eta=NOW + HOUR), "ETA in 1 h", False, True),
        (
            facts(State.ACCEPTED, promised_at=NOW - 4 * HOUR, eta=NOW - 20 * MINUTE),
            "ETA passed 20 min ago",
            True,
            False,
        ),
    ],
)
def test_a_clock_is_told_in_words_that_say_whether_it_ran_out(asked, words, is_late, is_soon):
    (clock,) = clocks_of(asked, NOW)
    assert (clock.words, clock.is_late, clock.is_soon) == (words, is_late, is_soon)


@pytest.mark.parametrize("state", [State.DRAFT, State.QUEUED, State.REFUSED, State.CLOSED, State.CANCELLED])
def test_no_clock_runs_of_what_is_over_or_has_not_gone_out(state):
    past = NOW - HOUR
    assert clocks_of(facts(state, tried_at=past, promised_at=past, eta=past, sla=past), NOW) == []


def test_both_promises_are_told_the_nearer_one_first():
    asked = facts(State.ACCEPTED, promised_at=NOW - HOUR, eta=NOW + 2 * HOUR, sla=NOW + HOUR)
    assert [clock.words for clock in clocks_of(asked, NOW)] == ["SLA in 1 h", "ETA in 2 h"]


def put(one: Incident, state: str, **said: object) -> Incident:
    """As if so much had been proven."""
    Incident.objects.filter(pk=one.pk).update(state=state, **said)
    one.refresh_from_db()
    return one


@pytest.fixture
def life() -> dict[str, Incident]:
    """One of each state; those that ask for somebody among them."""
    now = timezone.now()
    dead = incident()
    dead.dispatches.update(state=Dispatch.State.DEAD, next_attempt_at=None, error="Nobody listens there.")
    return {
        "draft": incident(draft=True),
        "queued": incident(),
        "dead": dead,
        "sent": put(incident(), "sent", tried_at=now - 5 * MINUTE),
        "waiting": put(incident(), "sent", tried_at=now - 45 * MINUTE),
        "unconfirmed": put(incident(), "unconfirmed", tried_at=now - 5 * MINUTE),
        "refused": put(incident(), "refused", response_code="InvalidFault"),
        "acknowledged": put(incident(), "acknowledged", promised_at=now),
        "accepted": put(incident(), "accepted", promised_at=now, sla=now + 3 * HOUR),
        "late": put(incident(), "accepted", promised_at=now - 3 * HOUR, sla=now - HOUR),
        "closed": put(incident(), "closed"),
        "cancelled": put(incident(), "cancelled"),
    }


def shown(response) -> dict[str, list[str]]:
    """References by the state they stand under."""
    return {
        pile.state: [card.incident.reference for card in pile.cards]
        for _, piles in response.context["lanes"]
        for pile in piles
    }


@pytest.mark.django_db
def test_every_open_incident_stands_under_its_state_the_ended_ones_folded(staff, life):
    response = staff.get(BOARD)
    expected = {
        "draft": {"draft"},
        "queued": {"queued", "dead"},
        "sent": {"sent", "waiting"},
        "unconfirmed": {"unconfirmed"},
        "refused": {"refused"},
        "acknowledged": {"acknowledged"},
        "accepted": {"accepted", "late"},
    }
    assert {state: set(found) for state, found in shown(response).items()} == {
        state: {life[name].reference for name in names} for state, names in expected.items()
    }
    ended = {card.incident.reference for card in response.context["ended"]}
    assert ended == {life["closed"].reference, life["cancelled"].reference}


@pytest.mark.django_db
def test_what_asks_for_somebody_stands_first_and_is_marked_by_more_than_colour(staff, life):
    response = staff.get(BOARD)
    first = [card.incident.reference for card in response.context["first"]]
    assert set(first) == {life[name].reference for name in ("dead", "unconfirmed", "refused", "waiting", "late")}
    assert set(first[:2]) == {life["dead"].reference, life["unconfirmed"].reference}
    assert shown(response)["sent"] == [life["waiting"].reference, life["sent"].reference]
    assert shown(response)["accepted"] == [life["late"].reference, life["accepted"].reference]
    text = response.content.decode()
    for words in ("! SLA passed 1 h ago", "not acknowledged for 45 min", "Nobody listens there."):
        assert words in text


@pytest.mark.django_db
def test_the_board_is_filtered_by_account_site_and_dialect(staff, life):
    other = SiteFactory.create(code="S901")
    atm = incident(atm_wanted())
    moved = put(incident(safe_wanted(device="SR75555")), "sent", site=other)
    for asked, expected in (
        ({"dialect": "atm"}, {atm.reference}),
        ({"account": "atms-1"}, {atm.reference}),
        ({"site": "S901"}, {moved.reference}),
    ):
        found = shown(staff.get(BOARD, asked))
        assert {reference for pile in found.values() for reference in pile} == expected


@pytest.mark.django_db
def test_a_pile_shows_its_first_and_leads_to_the_list_that_has_all(staff):
    for number in range(33):
        incident(safe_wanted(device=f"SR9{number:04d}"))
    pile = next(p for _, piles in staff.get(BOARD).context["lanes"] for p in piles if p.state == "queued")
    assert (pile.count, len(pile.cards), pile.more) == (33, 30, 3)
    assert staff.get(pile.url).context["cl"].result_count == 33


@pytest.mark.django_db
def test_a_refusal_asks_until_another_is_raised_or_a_week_has_gone(staff):
    old = put(incident(), "refused")
    Incident.objects.filter(pk=old.pk).update(created_at=timezone.now() - dt.timedelta(days=8))
    anew = put(incident(safe_wanted(device="SR76666")), "refused")
    incident(safe_wanted(device="SR76666"))
    still = put(incident(), "refused")
    assert anew.reference not in shown(staff.get(BOARD))["refused"]
    assert shown(staff.get(BOARD))["refused"] == [still.reference]


@pytest.mark.django_db
def test_today_counts_what_its_lists_show(staff, life):
    asked = {
        ask.url: ask
        for title, asks in staff.get("/admin/").context["work"].desks
        if title == "Incidents"
        for ask in asks
    }
    assert {url.rpartition("=")[2]: ask.count for url, ask in asked.items()} == {
        "unconfirmed": 1,
        "unsent": 1,
        "refused": 1,
        "overdue": 2,
        "drafts": 1,
    }
    for url, ask in asked.items():
        assert staff.get(url).context["cl"].result_count == ask.count


@pytest.mark.django_db
@pytest.mark.parametrize("name", ASKED)
def test_each_question_of_the_list_is_answered(staff, life, name):
    answers = {
        "open": {"draft", "queued", "dead", "sent", "waiting", "unconfirmed", "acknowledged", "accepted", "late"},
        "unconfirmed": {"unconfirmed"},
        "unsent": {"dead"},
        "refused": {"refused"},
        "overdue": {"waiting", "late"},
        "drafts": {"draft"},
    }
    found = staff.get(page(Incident, "changelist"), {"asks": name}).context["cl"].queryset
    assert {one.reference for one in found} == {life[key].reference for key in answers[name]}
