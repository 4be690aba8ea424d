"""The life of an incident as a table, and where one stands by all that is proven of it. Pure."""

from __future__ import annotations

import datetime as dt
import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incidents.lifecycle import TABLE, Proof, State
from incidents.reading import Reading
from incidents.standing import Heard, Standing, Tries, stand

NOON = dt.datetime(2026, 3, 14, 12, 0, tzinfo=dt.UTC)
# DOMAIN.md section 3: the state is the greatest that has been proven, in this order.
ORDER = ["draft", "queued", "sent", "unconfirmed", "refused", "acknowledged", "accepted", "cancelled", "closed"]
PROVES = {
    Proof.QUEUED: "queued",
    Proof.DROPPED: "cancelled",
    Proof.DELIVERED: "sent",
    Proof.UNKNOWN: "unconfirmed",
    Proof.NAK: "refused",
    Proof.ACK: "acknowledged",
    Proof.ACCEPT: "accepted",
    Proof.CANCEL: "cancelled",
    Proof.CLOSE: "closed",
}


@pytest.mark.parametrize(("state", "by"), list(itertools.product(State, Proof)))
def test_what_is_proven_never_takes_an_incident_back(state, by):
    assert TABLE[state][by] == max(state, PROVES[by], key=ORDER.index)


def at(minutes: int) -> dt.datetime:
    return NOON + dt.timedelta(minutes=minutes)


def heard(*readings: Reading) -> list[Heard]:
    return [Heard(one, at(minute)) for minute, one in enumerate(readings)]


def standing(*readings: Reading, dropped: bool = False, **tries: Any) -> Standing:
    return stand(queued=True, dropped=dropped, tries=Tries(**tries), heard=heard(*readings))


ACK = Reading(type="ack", number="INC1", text="Taken", status="Open")
ACCEPT = Reading(type="accept", number="INC1", sla=at(600))
CLOSE = Reading(type="close", number="INC1", text="Done", ended_at=at(300))
CANCEL = Reading(type="cancel", number="INC1", text="Snow", ended_at=at(200))
NAK = Reading(type="nak", code="InvalidFault", text="What?")
DUPLICATE = Reading(type="nak", code="Duplicate", text="Have it")


def test_a_close_before_an_accept_and_an_ack_ends_it_and_they_still_fill_in_theirs():
    found = standing(CLOSE, ACCEPT, ACK, delivered=True, on_the_wire=1)
    assert found.state == "closed"
    assert (found.number, found.sla, found.closed_at, found.loomis_status) == ("INC1", at(600), at(300), "Open")
    assert (found.response_text, found.contradiction) == ("Done", False)


@pytest.mark.parametrize("pair", [(CLOSE, CANCEL), (NAK, CLOSE), (CANCEL, NAK)])
def test_two_ends_that_cannot_both_be_true_are_a_contradiction_in_either_order(pair):
    for readings in (pair, pair[::-1]):
        found = standing(*readings)
        assert found.contradiction
        assert found.state == ("closed" if CLOSE in pair else "cancelled")
        assert found.closed_at == (at(300) if CLOSE in pair else at(200))


def test_the_same_end_twice_is_none_nor_is_a_refusal_that_was_followed_by_an_ack():
    assert not standing(CLOSE, Reading(type="close", number="INC1", text="Done, again")).contradiction
    found = standing(NAK, ACK)
    assert (found.state, found.contradiction, found.response_code) == ("acknowledged", False, "")


def test_loomis_working_on_what_was_cancelled_here_is_one():
    assert standing(ACK, dropped=True).contradiction
    assert standing(ACK, dropped=True).state == "cancelled"
    assert not standing(CANCEL, dropped=True).contradiction


@pytest.mark.parametrize(("tries", "state"), [(0, "refused"), (1, "refused"), (2, "unconfirmed"), (5, "unconfirmed")])
def test_a_duplicate_is_a_refusal_only_where_it_cannot_mean_a_try_of_our_own(tries, state):
    found = standing(DUPLICATE, on_the_wire=tries)
    assert (found.state, found.response_code, found.in_doubt) == (state, "Duplicate", tries > 1)
    assert standing(DUPLICATE, ACK, on_the_wire=tries).state == "acknowledged"
    # Any other refusal is meant.
    assert standing(NAK, on_the_wire=tries).state == "refused"


@pytest.mark.parametrize(
    ("tries", "state"),
    [
        ({}, "queued"),
        ({"delivered": True, "on_the_wire": 1}, "sent"),
        ({"unknown": True, "on_the_wire": 1}, "unconfirmed"),
        ({"delivered": True, "unknown": True, "on_the_wire": 2}, "unconfirmed"),
    ],
)
def test_without_a_word_of_loomis_it_stands_where_our_tries_left_it(tries, state):
    assert standing(**tries).state == state


def test_of_promises_the_last_new_one_holds_and_a_late_repeat_of_an_older_one_does_not():
    first, second = (Reading(type="accept", number="INC1", eta=at(minutes)) for minutes in (60, 120))
    found = standing(first, second, Reading(type="accept", number="INC1", eta=at(60), text="again"))
    assert (found.eta, found.promised_at) == (at(120), at(1))
    # Said again in other words it is the same promise, made when it was made.
    again = standing(first, Reading(type="accept", number="INC1", eta=at(60), text="again"))
    assert (again.eta, again.promised_at) == (at(60), at(0))
    back = standing(second, first)
    assert (back.eta, back.promised_at) == (at(60), at(1))


def test_all_numbers_are_kept_and_the_first_does_not_depend_on_the_order():
    numbers = [Reading(type="ack", number=number) for number in ("INC20", "INC3", "INC20")]
    for order in itertools.permutations(numbers):
        assert standing(*order).numbers == ("INC3", "INC20")


def test_a_type_that_nobody_knows_proves_nothing():
    assert standing(Reading(type="survey", number="X", text="How was it?", eta=at(1))) == standing()


_texts = st.sampled_from(["", "a", "b"])
_moments = st.none() | st.integers(0, 5).map(at)
_readings = st.builds(
    Reading,
    type=st.sampled_from(["nak", "ack", "accept", "cancel", "close", "survey"]),
    number=st.sampled_from(["", "INC1", "INC2"]),
    code=st.sampled_from(["", "Duplicate", "InvalidFault"]),
    text=_texts,
    status=_texts,
    ended_at=_moments,
)
_tries = st.builds(Tries, delivered=st.booleans(), unknown=st.booleans(), on_the_wire=st.integers(0, 3))


@given(st.data(), st.lists(_readings, max_size=6), _tries, st.booleans())
def test_any_order_and_repetition_comes_to_the_same(data, readings, tries, dropped):
    repeated = readings + data.draw(st.lists(st.sampled_from(readings), max_size=4)) if readings else []
    other = data.draw(st.permutations(repeated))

    def found(said: list[Reading]) -> Standing:
        return stand(queued=True, dropped=dropped, tries=tries, heard=heard(*said))

    assert found(readings) == found(other)


@given(st.data(), st.lists(_readings, max_size=6), _tries)
def test_nothing_that_is_learnt_later_takes_the_state_back(data, readings, tries):
    states = [standing(*readings[:count], on_the_wire=tries.on_the_wire).state for count in range(len(readings))]
    assert states == sorted(states, key=ORDER.index)


@given(st.lists(st.integers(0, 4), min_size=1, max_size=8))
def test_the_promise_that_holds_is_the_last_that_was_new(minutes):
    said = [Reading(type="accept", eta=at(minute)) for minute in minutes]
    distinct = list(dict.fromkeys(minutes))
    assert standing(*said).eta == at(distinct[-1])
