"""Which keys open a door. DOMAIN.md section 1: several at once; an old one lapses after the new one's first use."""

from __future__ import annotations

import datetime as dt
import hmac
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safes.keys import digest_of, live_keys, match_key, random_text
from safes.models import MachineKey

NOW = dt.datetime(2026, 3, 14, 12, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)


def key(
    text: str = "", *, age: int = 0, used: bool = False, lapses_in: int | None = None, at_once: bool = False
) -> MachineKey:
    """A key made ``age`` hours ago that lapses in so many hours."""
    return MachineKey(
        digest=digest_of(text),
        hint=text[-4:],
        created_at=NOW - age * HOUR,
        first_used_at=NOW - HOUR if used else None,
        lapses_at=None if lapses_in is None else NOW + lapses_in * HOUR,
        lapses_at_once=at_once,
    )


def live(*some: MachineKey, hours: int = 0) -> list[int]:
    """Ages of the keys that open the door that many hours from now."""
    now = NOW + hours * HOUR
    return [round((NOW - one.created_at) / HOUR) for one in live_keys(some, now)]


def test_a_new_secret_can_be_given_to_any_command_and_repeats_none() -> None:
    made = [random_text(bits=256) for _ in range(2000)]
    assert all(re.fullmatch("[A-Za-z0-9]{43}", text) for text in made)
    assert len(set(made)) == len(made)
    assert len({text[0] for text in made}) == 62


def test_a_key_opens_until_it_is_replaced() -> None:
    assert live(key(age=9), hours=100_000) == [9]
    assert live(key(age=9, used=True), key(age=5), hours=100_000) == [9, 5]
    assert live() == []


def test_during_the_overlap_both_keys_open() -> None:
    assert live(key(age=9, used=True, lapses_in=24), key(age=0, used=True), hours=23) == [9, 0]


def test_after_the_overlap_the_old_key_opens_until_the_new_one_is_used() -> None:
    assert live(key(age=9, used=True, lapses_in=24), key(age=0), hours=1000) == [9, 0]
    assert live(key(age=9, used=True, lapses_in=24), key(age=0, used=True), hours=24) == [0]


def test_use_of_the_old_key_itself_does_not_end_it() -> None:
    assert live(key(age=9, used=True, lapses_in=-1), key(age=0)) == [9, 0]


def test_a_key_replaced_at_once_is_dead_though_the_new_one_was_never_used() -> None:
    assert live(key(age=9, used=True, lapses_in=0, at_once=True), key(age=0)) == [0]


def test_at_once_waits_for_its_time() -> None:
    assert live(key(age=9, lapses_in=2, at_once=True), key(age=0, used=True), hours=1) == [9, 0]
    assert live(key(age=9, lapses_in=2, at_once=True), key(age=0), hours=2) == [0]


def test_after_a_second_rotation_the_key_in_use_goes_on_until_a_newer_one_is_used() -> None:
    first, second, third = key(age=9, used=True, lapses_in=-2), key(age=5, lapses_in=-1), key(age=0)
    assert live(first, second, third) == [9, 5, 0]
    second.first_used_at = NOW
    assert live(first, second, third) == [5, 0]
    third.first_used_at = NOW
    assert live(first, second, third) == [0]


def test_use_of_the_newest_ends_all_older_ones_whose_overlap_is_over() -> None:
    assert live(key(age=9, lapses_in=-2), key(age=5, lapses_in=3), key(age=0, used=True)) == [5, 0]


@st.composite
def histories(draw: st.DrawFn) -> list[MachineKey]:
    ages = draw(st.lists(st.integers(0, 50), unique=True, max_size=5))
    return [
        key(
            age=age,
            used=draw(st.booleans()),
            lapses_in=None if age == min(ages) else draw(st.integers(-20, 20)),
            at_once=age != min(ages) and draw(st.booleans()),
        )
        for age in ages
    ]


@given(histories(), st.integers(0, 30), st.integers(0, 30))
def test_the_newest_key_always_opens_and_time_alone_never_revives_one(
    some: list[MachineKey], one: int, more: int
) -> None:
    ages = [round((NOW - entry.created_at) / HOUR) for entry in some]
    assert not ages or min(ages) in live(*some, hours=one)
    assert set(live(*some, hours=one + more)) <= set(live(*some, hours=one))
    assert sorted(live(*some[::-1], hours=one)) == sorted(live(*some, hours=one))


def test_the_key_that_was_shown_is_found_with_its_text() -> None:
    some = [key("old"), key("new")]
    assert match_key(some, ["new"]) == (some[1], "new")
    assert match_key(iter(some), iter(["x", "old", "y"])) == (some[0], "old")


@pytest.mark.parametrize("shown", [[], [""], ["OLD"], ["old "], ["ol"], ["oldold"], ["old\0"], ["x"] * 20])
def test_nothing_but_the_key_itself_opens(shown: list[str]) -> None:
    assert match_key([key("old"), key("new")], shown) is None


def test_without_keys_nothing_opens() -> None:
    assert match_key([], ["old", ""]) is None


@given(st.text(st.characters(exclude_categories=())))
def test_any_shown_text_is_compared_surrogates_included(shown: str) -> None:
    assert match_key([key("a key of our own")], [shown]) is None
    assert len(digest_of(shown)) == 32


@pytest.mark.parametrize("shown", ["\ud800", "a\udcff", "\udc80\ud800"])
def test_bytes_that_are_no_text_are_a_wrong_key_not_an_error(shown: str) -> None:
    assert match_key([key("old")], [shown]) is None


@pytest.mark.parametrize("shown", [["old"], ["new"], ["x"], ["old", "new", "x"], ["x", "y", "z"]])
def test_every_key_is_compared_in_constant_time_whether_or_not_one_matched(
    shown: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    compared: list[tuple[bytes, bytes]] = []
    compare = hmac.compare_digest

    def watched(one: Any, other: Any) -> bool:
        compared.append((one, other))
        return compare(one, other)

    monkeypatch.setattr(hmac, "compare_digest", watched)
    match_key([key("old"), key("new"), key("newest")], shown)
    assert len(compared) == 3 * len(shown)
    assert all(len(one) == len(other) == 32 for one, other in compared)
