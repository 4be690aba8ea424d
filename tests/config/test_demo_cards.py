"""The loyalty cards of the demonstration: people hold them, tills ask, and what is played twice happened once."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from django.utils import timezone

from config.demo_cards import BLOCKED, EVERY, HOLDERS, MOST_AT_ONCE, DemoCards
from config.demo_progress import Progress
from loyalty.formats import as_e164, is_card_number, is_contact_code
from loyalty.models import Card, CardCall, CardEvent, Contact, Entry
from safes.accounts import add_account


def demo(url: str, path: Path, said: list[str]) -> DemoCards:
    progress = Progress.read(path / "demo.json", afresh=False)
    return DemoCards(url, progress, 7, lambda name, role: add_account(name, role)[2], said.append)


def test_cards_and_contacts_are_written_as_they_have_to_be(tmp_path: Path):
    plays = demo("", tmp_path, [])
    people = [plays.contact(nth) for nth in range(HOLDERS)]
    assert all(is_card_number(plays.card(nth)) for nth in range(HOLDERS))
    assert all(is_contact_code(one["code"]) and as_e164(one["mobile_number"]) for one in people)
    assert len({one["mobile_number"] for one in people}) == len({one["name"] for one in people}) == HOLDERS


@pytest.mark.django_db(transaction=True)
def test_everybody_has_a_card_once_and_tills_ask_on(live_server, tmp_path: Path):
    said: list[str] = []
    now = timezone.now()
    plays = demo(live_server.url, tmp_path, said)
    plays.begin(now)
    made = Card.objects.count(), Contact.objects.count(), Entry.objects.count(), CardEvent.objects.count()
    assert made[:2] == (HOLDERS + 1, HOLDERS)
    assert set(Card.objects.values_list("status", flat=True)) == {"1", "2", "3"}
    assert Card.objects.filter(status="3").count() == len(BLOCKED) + 1
    assert Card.objects.filter(replaced_by__isnull=False, bonus_balance=0).count() == 1
    again = demo(live_server.url, tmp_path, said)
    again.progress.noted.pop("cards_played")  # ended before it was noted
    again.begin(now)
    assert (
        Card.objects.count(), Contact.objects.count(), Entry.objects.count(), CardEvent.objects.count()
    ) == made  # fmt: skip
    again.play_due(now + EVERY * 200)
    played = again.progress.cards_played
    assert played is not None
    assert now + EVERY * 199 < played <= now + EVERY * 200
    assert said == [f"{HOLDERS} people hold loyalty cards"] * 2


@pytest.mark.django_db(transaction=True)
def test_hours_at_the_tills_are_taken_without_a_word(live_server, tmp_path: Path):
    said: list[str] = []
    now = dt.datetime(2026, 11, 20, 9, 0, tzinfo=dt.UTC)
    plays = demo(live_server.url, tmp_path, said)
    plays.begin(now)
    for turn in range(1, 7):
        plays.play_due(now + EVERY * MOST_AT_ONCE * turn)
    assert said == [f"{HOLDERS} people hold loyalty cards"]
    assert {"accrual", "spend", "hold", "release"} <= set(Entry.objects.values_list("kind", flat=True))
    assert CardCall.objects.filter(key="CannotFindCardNumber").exists()
