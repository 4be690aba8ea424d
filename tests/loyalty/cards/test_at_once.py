"""Many at once on the same cards and contacts: one consistent state in the end, and keys are all that anybody hears."""

from __future__ import annotations

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection

from loyalty import cards, contacts, erasing
from loyalty.acting import Actor
from loyalty.models import Card, CardEvent, Contact
from loyalty.replacing import replace
from loyalty.results import Key, Refused
from tests.loyalty.making import NUMBER, PHONE, card, contact

pytestmark = pytest.mark.django_db(transaction=True)

ADMIN = Actor("admin", "administrator")
OTHER_PHONE = "+12015550124"
AFTER, THIRD = "4000567856785678", "4000777777777777"
THREADS = 50

# Which status may follow which, by what happened.
STEPS: dict[str, dict[str | None, str]] = {
    "made": {None: "0"},
    "issued": {"0": "1"},
    "bound": {"1": "1"},
    "activated": {"1": "2"},
    "blocked": {"1": "3", "2": "3"},
    "stricter": {"3": "3"},
    "replaced": {"3": "3"},
    "replaces": {"1": "1", "2": "2"},
}
UNBLOCKED = {("3", "1"), ("3", "2")}


def test_fifty_threads_on_one_card_leave_one_consistent_state() -> None:
    card(issued=False)
    card(AFTER)
    card(THIRD, issued=False)
    contact()
    contact("C100002", OTHER_PHONE, name="")
    acts: list[Callable[[], Any]] = [
        lambda: cards.issue(NUMBER, ADMIN),
        lambda: cards.bind(NUMBER, PHONE, ADMIN),
        lambda: cards.bind(NUMBER, OTHER_PHONE, ADMIN),
        lambda: cards.bind(AFTER, PHONE, ADMIN),
        lambda: cards.activate(NUMBER, ADMIN),
        lambda: cards.block(NUMBER, "", "0", ADMIN),
        lambda: cards.block("", PHONE, "3", ADMIN),
        lambda: cards.block(NUMBER, "", "4", ADMIN),
        lambda: cards.unblock(NUMBER, "", "0", ADMIN),
        lambda: cards.unblock("", PHONE, "3", ADMIN),
        lambda: replace(NUMBER, AFTER, ADMIN),
        lambda: replace(AFTER, NUMBER, ADMIN),
        lambda: replace(AFTER, THIRD, ADMIN),
        lambda: contacts.change("C100002", {"name": random.choice(["", "Bert"])}),
    ]
    said = _at_once([act for _ in range(4) for act in random.sample(acts, len(acts))][:THREADS])
    assert "OK" in said
    _everything_agrees()


def test_an_erasure_and_tills_do_not_wait_for_each_other_for_ever() -> None:
    anna = contact()
    card(of=anna)
    card(AFTER)
    acts: list[Callable[[], Any]] = [
        lambda: erasing.erase(anna.pk, "desk"),
        lambda: cards.bind(AFTER, PHONE, ADMIN),
        lambda: cards.block(NUMBER, "", "4", ADMIN),
        lambda: cards.unblock("", PHONE, "0", ADMIN),
        lambda: cards.activate(NUMBER, ADMIN),
        lambda: replace(NUMBER, AFTER, ADMIN),
        lambda: contacts.change("C100001", {"name": "Anna"}),
    ]
    _at_once([act for _ in range(4) for act in random.sample(acts, len(acts))])
    gone = Contact.objects.get()
    assert gone.erased_at is not None
    assert not gone.name
    for held in Card.objects.filter(contact=gone):
        assert held.status == "3"
    _everything_agrees()


def test_of_twenty_cards_that_race_for_one_contact_one_is_bound() -> None:
    contact()
    numbers = [f"40001234{number:08}" for number in range(20)]
    for number in numbers:
        card(number)
    said = _at_once([lambda number=number: cards.bind(number, PHONE, ADMIN) for number in numbers])  # type: ignore[misc]
    assert sorted(said) == sorted(["OK"] + [Key.CONTACT_HAS_ANOTHER_CARD] * 19)
    assert Card.objects.exclude(contact=None).count() == 1
    _everything_agrees()


def test_of_twenty_contacts_that_race_for_one_card_one_has_it() -> None:
    card()
    phones = [f"+120155502{number:02}" for number in range(20)]
    for place, phone in enumerate(phones):
        contact(f"C2000{place:02}", phone)
    said = _at_once([lambda phone=phone: cards.bind(NUMBER, phone, ADMIN) for phone in phones])  # type: ignore[misc]
    assert sorted(said) == sorted(["OK"] + [Key.BOUND_TO_ANOTHER_CONTACT] * 19)
    _everything_agrees()


def test_of_two_cards_that_replace_each_other_neither_waits_for_ever() -> None:
    card(of=contact())
    card(AFTER, of=contact("C100002", OTHER_PHONE))
    pairs = [(NUMBER, AFTER), (AFTER, NUMBER)] * 10
    said = _at_once([lambda old=old, new=new: replace(old, new, ADMIN) for old, new in pairs])  # type: ignore[misc]
    assert set(said) == {Key.BOUND_TO_ANOTHER_CONTACT}
    _everything_agrees()


def _at_once(acts: list[Callable[[], Any]]) -> list[str]:
    """The key that each was answered with; anything that is none goes up to the test."""
    together = Barrier(len(acts))

    def run(act: Callable[[], Any]) -> str:
        try:
            together.wait()
            act()
        except Refused as refused:
            return str(refused.key)
        except Contact.DoesNotExist:
            return "erased"
        finally:
            connection.close()
        return "OK"

    with ThreadPoolExecutor(len(acts)) as threads:
        return list(threads.map(run, acts))


def _everything_agrees() -> None:
    for one in Card.objects.all():
        status: str | None = None
        for event in CardEvent.objects.filter(card=one).order_by("id"):
            if event.what == "unblocked":
                assert (status, event.status) in UNBLOCKED
            else:
                assert STEPS[event.what].get(status) == event.status, (event.what, status)
            status = event.status
        assert status == one.status
        bound = list(CardEvent.objects.filter(card=one, what="bound").values_list("contact", flat=True))
        assert bound == ([one.contact_id] if one.contact_id else [])
        if one.status == "2":
            assert one.contact is not None
    for holder in Contact.objects.all():
        assert holder.cards.exclude(block_reason="4").count() <= 1
        # A line: each that was replaced leads on to the next, and one is its end.
        assert holder.cards.filter(replaced_by=None).count() <= 1
