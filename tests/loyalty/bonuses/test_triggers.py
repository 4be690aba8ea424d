"""The database keeps the ledger: what would make a sum wrong is refused, whoever asks for it in whatever way."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection
from django.db.transaction import atomic
from django.utils import timezone

from loyalty.models import Card, CardEvent, Entry, Lot, LotChange
from tests.loyalty import making
from tests.loyalty.bonuses.saying import NEXT, TODAY, accrue, active_card, balance, replace, spend
from tests.loyalty.making import NUMBER

pytestmark = pytest.mark.django_db

FOR_EVER = "neither changed nor deleted"
BALANCE = "A balance is the sum of its entries"
LOT = "A lot stays as it was earned"


@pytest.fixture(autouse=True)
def card(clock):
    """With 10 and 20 bonuses, of which 3 are spent."""
    active_card()
    accrue(10, "A1", ends=20)
    accrue(20, "A2")
    spend(3, "S1")
    look_at_the_sums()


def look_at_the_sums() -> None:
    """What the end of the transaction does."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def run(sql: str, *params: Any) -> None:
    with atomic(), connection.cursor() as cursor:
        cursor.execute(sql, params)
        look_at_the_sums()


def first_lot() -> Lot:
    return Lot.objects.order_by("pk")[0]


def last_lot() -> Lot:
    return Lot.objects.order_by("-pk")[0]


def entry_of(change: Any, kind: str = "spend", card: Card | None = None, **more: Any) -> Entry:
    amount = abs(Decimal(change))
    card = card or Card.objects.get(number=NUMBER)
    told = {"reference": "X", "amount": amount, "by": "somebody", "at": timezone.now()} | more
    return Entry.objects.create(card=card, kind=kind, change=Decimal(change), **told)


def lot_of(amount: Any = 5, **more: Any) -> Lot:
    card = Card.objects.get(number=NUMBER)
    told = {"type": "0", "earned_at": timezone.now(), "active_from": TODAY} | more
    return Lot.objects.create(card=card, amount=amount, **told)


def give(entry: Entry) -> None:
    """To the first lot."""
    LotChange.objects.create(entry=entry, lot=first_lot(), change=entry.change)


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("UPDATE loyalty_card SET bonus_balance = bonus_balance + 1", BALANCE),
        ("UPDATE loyalty_card SET bonus_balance = 0", BALANCE),
        (
            "INSERT INTO loyalty_card (number, status, category, type, block_reason, blocked_by, blocked_by_role,"
            " bonus_balance, created_at) VALUES ('1', '0', '0', '0', '', '', '', 5, now())",
            BALANCE,
        ),
        ("UPDATE loyalty_lot SET remaining = remaining - 1", LOT),
        ("UPDATE loyalty_lot SET burnt = burnt + 1", LOT),
        ("UPDATE loyalty_lot SET amount = amount + 1", LOT),
        ("UPDATE loyalty_lot SET type = '1'", LOT),
        ("UPDATE loyalty_lot SET earned_at = now()", LOT),
        ("UPDATE loyalty_lot SET active_from = active_from - 1", LOT),
        ("UPDATE loyalty_lot SET expires_on = NULL", LOT),
        ("UPDATE loyalty_lot SET expires_on = date '2099-01-01'", LOT),
        ("DELETE FROM loyalty_lot", FOR_EVER),
        ("UPDATE loyalty_entry SET amount = amount + 1", FOR_EVER),
        ("UPDATE loyalty_entry SET reference = 'other'", FOR_EVER),
        ("UPDATE loyalty_entry SET balance = 0", FOR_EVER),
        ("DELETE FROM loyalty_entry", FOR_EVER),
        ("UPDATE loyalty_lotchange SET change = change * 2", FOR_EVER),
        ("DELETE FROM loyalty_lotchange", FOR_EVER),
        ("UPDATE loyalty_cardevent SET by = 'nobody'", FOR_EVER),
        ("DELETE FROM loyalty_cardevent", FOR_EVER),
    ],
)
def test_nothing_of_it_is_written_over(sql, said):
    with pytest.raises(IntegrityError, match=said):
        run(sql)


def test_nothing_of_it_is_written_over_by_models():
    card, lot, entry = Card.objects.get(), first_lot(), Entry.objects.all()[0]
    card.bonus_balance += 1
    lot.remaining -= 1
    entry.reference = "other"
    for save in (card.save, lot.save, entry.save):
        with pytest.raises(IntegrityError), atomic():
            save()
    for rows in (Entry, LotChange, Lot, CardEvent):
        with pytest.raises(IntegrityError), atomic():
            rows.objects.all().delete()


def test_other_columns_of_a_card_are_written_freely():
    Card.objects.update(category="1")
    Card.objects.get().save()
    look_at_the_sums()


@pytest.mark.parametrize("said", [{"remaining": 5}, {"burnt": 1}])
def test_a_lot_begins_empty(said):
    with pytest.raises(IntegrityError, match="A lot begins empty"), atomic():
        lot_of(**said)


@pytest.mark.parametrize(
    "said", [{"amount": 0}, {"amount": -1}, {"type": "2"}, {"expires_on": TODAY}, {"expires_on": dt.date(2020, 1, 1)}]
)
def test_a_lot_is_of_something_and_lasts(said):
    with pytest.raises(IntegrityError, match="violates check constraint"), atomic():
        lot_of(**said)


@pytest.mark.parametrize(
    ("kind", "change", "amount"),
    [
        ("accrual", -5, 5),
        ("release", -5, 5),
        ("spend", 5, 5),
        ("hold", 5, 5),
        ("expiry", 5, 5),
        ("spend", -5, -5),
        ("spend", 0, 0),
        ("spend", -5, 4),
        ("gift", 5, 5),
    ],
)
def test_an_amount_is_positive_and_its_sign_that_of_its_kind(kind, change, amount):
    hold = Entry.objects.get(reference="S1") if kind == "release" else None
    with pytest.raises(IntegrityError, match="violates check constraint"), atomic():
        entry_of(change, kind, amount=amount, hold=hold)


def test_a_balance_is_not_negative():
    with pytest.raises(IntegrityError, match="not_negative"), atomic():
        entry_of(-28)


def test_a_lot_gives_no_more_than_it_has_and_takes_no_more_than_it_was():
    lot = first_lot()
    for change, kind in ((-8, "spend"), (4, "accrual")):
        with pytest.raises(IntegrityError, match="lot_remains_within_amount"), atomic():
            LotChange.objects.create(entry=entry_of(change, kind), lot=lot, change=change)


def test_what_was_burnt_does_not_come_back():
    lot = first_lot()
    LotChange.objects.create(entry=entry_of(-7, "expiry"), lot=lot, change=-7)
    LotChange.objects.create(entry=entry_of(3, "accrual"), lot=lot, change=3)
    with pytest.raises(IntegrityError, match="lot_remains_within_amount"), atomic():
        LotChange.objects.create(entry=entry_of(1, "accrual", reference="Y"), lot=lot, change=1)


def test_an_entry_is_the_sum_of_its_changes():
    entry_of(-5)
    with pytest.raises(IntegrityError, match="is not the sum of its changes to lots"):
        look_at_the_sums()


def test_an_entry_is_the_sum_of_its_changes_and_no_other():
    LotChange.objects.create(entry=entry_of(-5), lot=first_lot(), change=-4)
    with pytest.raises(IntegrityError, match="is not the sum of its changes to lots"):
        look_at_the_sums()


def test_nothing_is_added_to_an_old_entry():
    old = Entry.objects.get(reference="S1")
    LotChange.objects.create(entry=old, lot=last_lot(), change=-1)
    with pytest.raises(IntegrityError, match="is not the sum of its changes to lots"):
        look_at_the_sums()


def test_an_entry_of_several_changes_adds_up():
    entry = entry_of(-9)
    for lot, change in zip(Lot.objects.order_by("pk"), (-7, -2), strict=True):
        LotChange.objects.create(entry=entry, lot=lot, change=change)
    look_at_the_sums()
    assert balance() == 18


def test_an_entry_changes_lots_of_its_own_card_alone():
    other = making.card(NEXT)
    with pytest.raises(IntegrityError, match="lots of its own card alone"), atomic():
        LotChange.objects.create(entry=entry_of(5, "accrual", other), lot=first_lot(), change=5)


def test_a_lot_moves_with_a_transfer_alone():
    other = making.card(NEXT)
    with pytest.raises(IntegrityError, match="The balance of a card is not the sum of its lots"):
        run("UPDATE loyalty_lot SET card_id = %s", other.pk)


def test_a_transfer_moves_as_much_as_its_lots():
    other = making.card(NEXT)
    Lot.objects.filter(remaining=20).update(card=other)
    entry_of(-19, "transfer")
    entry_of(19, "transfer", other)
    with pytest.raises(IntegrityError, match="The balance of a card is not the sum of its lots"):
        look_at_the_sums()


def test_a_transfer_without_lots_is_none():
    entry_of(-20, "transfer")
    entry_of(20, "transfer", making.card(NEXT))
    with pytest.raises(IntegrityError, match="The balance of a card is not the sum of its lots"):
        look_at_the_sums()


def test_a_transfer_changes_no_lot():
    LotChange.objects.create(entry=entry_of(-5, "transfer"), lot=last_lot(), change=-5)
    with pytest.raises(IntegrityError, match="is not the sum of its changes to lots"):
        look_at_the_sums()


def test_lots_that_go_along_with_a_replacement_add_up():
    replace()
    look_at_the_sums()
    assert (balance(), balance(NEXT)) == (0, 27)


def test_a_reference_a_reversal_and_the_end_of_a_hold_are_there_once():
    spent = Entry.objects.get(reference="S1")
    for change, kind, reference in ((-1, "spend", "S1"), (3, "accrual", "A1")):
        with pytest.raises(IntegrityError, match="entry_once_a_reference"), atomic():
            entry_of(change, kind, reference=reference)
    give(entry_of(3, "reversal", reference="R1", reverses=spent))
    with pytest.raises(IntegrityError, match="unique constraint"), atomic():
        entry_of(3, "reversal", reference="R2", reverses=spent)
    give(entry_of(-2, "spend", reference="R1", hold=spent))
    with pytest.raises(IntegrityError, match="entry_hold_settled_once"), atomic():
        entry_of(-2, "spend", reference="R2", hold=spent)


@pytest.mark.parametrize("said", [{"change": 3, "kind": "reversal"}, {"change": 3, "kind": "release"}])
def test_a_reversal_and_a_release_say_of_what(said):
    with pytest.raises(IntegrityError, match="says_of_what"), atomic():
        entry_of(**said)


def test_the_balance_after_an_entry_is_not_what_somebody_says():
    entry = entry_of(-1, balance=99)
    LotChange.objects.create(entry=entry, lot=last_lot(), change=-1)
    entry.refresh_from_db()
    assert entry.balance == balance() == 26
