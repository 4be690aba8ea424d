"""What the database itself does not let happen, whoever writes: told by its own words, past all services."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, connection
from django.db.transaction import atomic
from django.utils import timezone

from loyalty.models import Card, CardEvent, Contact, Reveal
from tests.loyalty.making import NUMBER, card, contact

pytestmark = pytest.mark.django_db

BLOCK: dict[str, Any] = {"blocked_by": "x", "blocked_by_role": "director", "blocked_at": timezone.now()}


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"status": "4"}, "card_"),
        ({"status": ""}, "card_"),
        ({"category": "2"}, "card_kind_is_known"),
        ({"type": "3"}, "card_kind_is_known"),
        ({"status": "3"}, "card_blocked_says_why_and_by_whom"),
        ({"status": "3", "block_reason": "7", **BLOCK}, "card_blocked_says_why_and_by_whom"),
        ({"status": "3", "block_reason": "0", **BLOCK, "blocked_by": ""}, "card_blocked_says_why_and_by_whom"),
        ({"status": "3", "block_reason": "0", **BLOCK, "blocked_by_role": ""}, "card_blocked_says_why_and_by_whom"),
        ({"status": "3", "block_reason": "0", **BLOCK, "blocked_at": None}, "card_blocked_says_why_and_by_whom"),
        ({"block_reason": "0"}, "card_blocked_says_why_and_by_whom"),
        ({"status": "0"}, "card_has_a_contact_if_in_use"),
        ({"contact": None}, "card_has_a_contact_if_in_use"),
        ({"bonus_balance": -1}, "A balance is the sum of its entries"),
        ({"bonus_balance": 1}, "A balance is the sum of its entries"),
        ({"number": "4000567856785678"}, "number"),
    ],
)
def test_a_card_cannot_be_what_no_card_is(change: dict[str, Any], name: str) -> None:
    card(of=contact())
    card("4000567856785678")
    with pytest.raises(IntegrityError, match=name), atomic():
        Card.objects.filter(number=NUMBER).update(**change)


def test_a_contact_has_one_usable_card_and_any_number_that_were_replaced() -> None:
    anna = contact()
    card(of=anna)
    for number in ("4000567856785678", "4000777777777777"):
        with pytest.raises(IntegrityError, match="card_one_usable_a_contact"), atomic():
            Card.objects.create(number=number, category="0", type="0", status="1", contact=anna)
        with pytest.raises(IntegrityError, match="card_one_usable_a_contact"), atomic():
            Card.objects.create(
                number=number, category="0", type="0", status="3", block_reason="2", contact=anna, **BLOCK
            )
        Card.objects.create(number=number, category="0", type="0", status="3", block_reason="4", contact=anna, **BLOCK)


def test_only_what_was_replaced_leads_on_and_to_one_card() -> None:
    anna = contact()
    old, new = card(of=anna), card("4000567856785678")
    with pytest.raises(IntegrityError, match="card_replaced_is_blocked_for_it"), atomic():
        Card.objects.filter(pk=old.pk).update(replaced_by=new)
    Card.objects.filter(pk=old.pk).update(status="3", block_reason="4", replaced_by=new, **BLOCK)
    with pytest.raises(IntegrityError, match="replaced_by"), atomic():
        Card.objects.create(
            number="4000777777777777", category="0", type="0", status="3", block_reason="4", contact=anna,
            replaced_by=new, **BLOCK,
        )  # fmt: skip


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"code": ""}, "contact_has_a_code"),
        ({"code": "C100002"}, "code"),
        ({"mobile_number": "+12015550124"}, "mobile_number"),
        ({"mobile_number": "2015550123"}, "contact_mobile_is_e164"),
        ({"mobile_number": ""}, "contact_mobile_is_e164"),
        ({"mobile_number": "+0201555012"}, "contact_mobile_is_e164"),
        ({"mobile_number": None}, "contact_is_known_or_erased"),
        ({"erased_at": timezone.now()}, "contact_is_known_or_erased"),
        ({"erased_at": timezone.now(), "mobile_number": None}, "contact_is_known_or_erased"),
    ],
)
def test_a_contact_cannot_be_what_no_contact_is(change: dict[str, Any], name: str) -> None:
    anna = contact()
    contact("C100002", "+12015550124")
    with pytest.raises(IntegrityError, match=name), atomic():
        Contact.objects.filter(pk=anna.pk).update(**change)


def test_what_happened_and_who_looked_stays_as_it_was_written() -> None:
    anna = contact()
    card(of=anna)
    Reveal.objects.create(contact=anna, at=timezone.now(), by="desk")
    for model, column in ((CardEvent, "by"), (Reveal, "by")):
        table = model._meta.db_table
        for statement in (f"UPDATE {table} SET \"{column}\" = 'nobody'", f"DELETE FROM {table}"):
            with pytest.raises(IntegrityError, match="kept for ever"), atomic(), connection.cursor() as cursor:
                cursor.execute(statement)
    assert CardEvent.objects.filter(by="root").exists()


def test_a_look_is_at_something() -> None:
    with pytest.raises(IntegrityError, match="reveal_is_of_something"), atomic():
        Reveal.objects.create(at=timezone.now(), by="desk")


def test_a_contact_with_a_card_and_a_card_with_a_history_are_not_deleted() -> None:
    anna = contact()
    card(of=anna)
    for row in (anna, Card.objects.get()):
        with pytest.raises(IntegrityError), atomic():
            type(row).objects.filter(pk=row.pk).delete()
