"""Erasing a contact: what is known of the person is nowhere any more, what happened to cards and bonuses is."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType

from loyalty import cards, contacts, erasing
from loyalty.acting import Actor
from loyalty.bonuses import ledger
from loyalty.formats import is_contact_code
from loyalty.models import Card, CardEvent, Contact, Entry
from loyalty.results import Key, Refused
from safes.models import IdempotentCall
from tests.factories import UserFactory
from tests.loyalty.api.office import CARD, Office
from tests.loyalty.making import NUMBER, PHONE, card, contact
from tests.staff import everything_in_the_database

pytestmark = pytest.mark.django_db

TILL = Actor("till-7", "till")
ADMIN = Actor("admin", "administrator")
SECRETS = {
    "code": "C314159",
    "name": "Zebulon Quixote",
    "mobile_number": "+12015550142",
    "email": "zeb@quixote.example",
    "birth_date": "1971-03-14",
}
LATER = {"name": 'Zeb O\'Neil "Q" Ünal', "mobile_number": "+12015550143", "code": "C271828", "email": "new@q.example"}


def test_nothing_in_the_database_tells_of_the_person_any_more() -> None:
    office = Office()
    office.say("contacts", SECRETS, key="register C314159")
    office.say("contacts", SECRETS, key="again")
    other = {"code": "C161803", "name": "Other", "mobile_number": "+12015550199"}
    office.say("contacts", other, key="other")
    office.say("cards", CARD, key="card")
    cards.issue(NUMBER, TILL)
    cards.bind(NUMBER, SECRETS["mobile_number"], TILL)
    office.change("contacts/C314159", LATER)
    zeb = Contact.objects.get(code="C271828")
    LogEntry.objects.create(
        user=UserFactory.create(),
        content_type=ContentType.objects.get_for_model(Contact),
        object_id=str(zeb.pk),
        object_repr=str(zeb),
        action_flag=CHANGE,
        change_message="",
    )
    known = {*SECRETS.values(), *LATER.values(), "Zebulon", "Quixote", "Ünal", "5550142", "5550143"}
    before = everything_in_the_database().replace('\\"', '"').replace('""', '"')
    assert [text for text in known if text not in before] == []

    erasing.erase(zeb.pk, "desk")

    after = everything_in_the_database().replace('\\"', '"').replace('""', '"')
    assert [text for text in known if text in after] == []
    assert set(IdempotentCall.objects.values_list("key", flat=True)) == {"other", "card"}


def test_what_happened_stays_and_says_who_erased() -> None:
    zeb = contact(code="C314159", mobile=PHONE)
    card(of=zeb)
    ledger.accrue(NUMBER, Decimal(10), "0", None, None, "p1", TILL)
    events, entries = CardEvent.objects.count(), Entry.objects.count()
    gone = erasing.erase(zeb.pk, "desk")
    assert not is_contact_code(gone.code)
    assert gone.erased_at is not None
    held = Card.objects.get()
    assert (held.status, held.block_reason, held.blocked_by, held.blocked_by_role) == (
        "3",
        "3",
        "desk",
        "administrator",
    )
    assert (held.contact, held.bonus_balance, Entry.objects.count()) == (gone, Decimal(10), entries)
    last = CardEvent.objects.last()
    assert last is not None
    assert (CardEvent.objects.count(), last.what, last.by, last.by_person) == (events + 1, "blocked", "desk", True)
    assert {(row.name, row.code, row.mobile_number) for row in gone.history.all()} == {("", gone.code, None)}
    assert gone.history.first().history_change_reason == "erased"


@pytest.mark.parametrize(
    ("reason", "by", "left"),
    [("0", "till", "3"), ("1", "director", "1"), ("2", "director", "2"), ("3", "marketer", "3")],
)
def test_a_card_that_was_blocked_is_locked_up_as_well(reason: str, by: str, left: str) -> None:
    zeb = contact()
    card(of=zeb)
    cards.block(NUMBER, "", reason, Actor("x", "client" if reason == "0" else by))
    erasing.erase(zeb.pk, "desk")
    held = Card.objects.get()
    assert (held.block_reason, held.blocked_by_role) == (left, "administrator")
    with pytest.raises(Refused) as refused:
        cards.unblock(NUMBER, "", left, Actor("x", "marketer" if left == "3" else "director"))
    assert refused.value.key == Key.UNBLOCK_REASON_ERROR
    # An administrator may; but nothing is known of anybody, so it is not Active.
    assert cards.unblock(NUMBER, "", left, ADMIN).status == "1"


def test_a_card_that_was_replaced_stays_as_it_is() -> None:
    zeb = contact()
    card(of=zeb)
    cards.block(NUMBER, "", "4", Actor("x", "director"))
    before = Card.objects.values().get()
    erasing.erase(zeb.pk, "desk")
    assert Card.objects.values().get() == before


def test_the_phone_and_the_code_are_free_again_and_mean_somebody_else() -> None:
    zeb = contact()
    card(of=zeb)
    erasing.erase(zeb.pk, "desk")
    anna = contacts.register({"code": zeb.code, "mobile_number": PHONE, "name": "Anna"})
    assert anna.pk != zeb.pk
    with pytest.raises(Refused) as refused:
        cards.block("", PHONE, "0", ADMIN)
    assert refused.value.key == Key.CANNOT_FIND_CARD_NUMBER


def test_twice_is_as_once() -> None:
    zeb = contact()
    card(of=zeb)
    first = erasing.erase(zeb.pk, "desk")
    events = CardEvent.objects.count()
    again = erasing.erase(zeb.pk, "other")
    assert (again.code, again.erased_at, CardEvent.objects.count()) == (first.code, first.erased_at, events)


def test_nobody_else_is_touched() -> None:
    zeb, anna = contact(), contact("C100002", "+12015550124")
    card(of=anna)
    before = json.dumps([*Card.objects.values(), *Contact.objects.filter(pk=anna.pk).values()], default=str)
    erasing.erase(zeb.pk, "desk")
    assert json.dumps([*Card.objects.values(), *Contact.objects.filter(pk=anna.pk).values()], default=str) == before


def test_who_is_not_there_cannot_be_erased() -> None:
    with pytest.raises(Contact.DoesNotExist):
        erasing.erase(0, "desk")
