"""Whatever is done to cards in whatever order, they stand as DOMAIN.md says, and every refusal has the key it has."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.db.transaction import Atomic, atomic, set_rollback
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from loyalty import cards
from loyalty.acting import Actor
from loyalty.models import Card, CardEvent, Contact
from loyalty.replacing import replace
from loyalty.results import Refused
from tests.loyalty.cards.expected import MAY_BLOCK, MAY_UNBLOCK, Model
from tests.loyalty.making import contact

NUMBERS = [f"400012341234{number:04}" for number in range(4)]
PHONES = ["+12015550101", "+12015550102"]
ROLES = ["administrator", "director", "senior_employee", "cc_operator", "marketer", "client", "till"]
NOWHERE, NOBODY = "4000999999999999", "+12015550199"

# Mostly the same few, so that much happens to them; and one that is not there.
some_card = st.sampled_from([NUMBERS[0], NUMBERS[0], *NUMBERS, NOWHERE])
some_phone = st.sampled_from([PHONES[0], *PHONES, NOBODY])
some_role = st.sampled_from(["administrator", *ROLES])
may_block = st.sampled_from([(role, reason) for role, reasons in MAY_BLOCK.items() for reason in reasons])
meant = st.one_of(
    st.tuples(some_card, st.just("")), st.tuples(st.just(""), some_phone), st.tuples(some_card, some_phone)
)


class Cards(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.block: Atomic = atomic()
        self.block.__enter__()
        self.model = Model()

    def teardown(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        set_rollback(True)
        self.block.__exit__(None, None, None)

    @initialize(enough=st.tuples(st.booleans(), st.booleans()), bound=st.booleans())
    def begin(self, enough: tuple[bool, bool], bound: bool) -> None:
        for place, (phone, is_enough) in enumerate(zip(PHONES, enough, strict=True)):
            contact(f"C10000{place}", phone, name="Anna" if is_enough else "")
            self.model.enough[phone] = is_enough
        for number in NUMBERS:
            cards.make(number, "0", "0", Actor("root", "administrator"))
            self.model.make(number)
        for number, phone in zip(NUMBERS, PHONES if bound else [], strict=False):
            self.issue(number, "till")
            self.bind(number, phone, "till")

    @rule(number=some_card, role=some_role)
    def issue(self, number: str, role: str) -> None:
        self._same(self.model.issue(number), cards.issue, number, Actor(role, role))

    @rule(number=some_card, phone=some_phone, role=some_role)
    def bind(self, number: str, phone: str, role: str) -> None:
        if not (number in self.model.cards or phone in self.model.enough):
            return  # which of the two is missed first is not said
        self._same(self.model.bind(number, phone), cards.bind, number, phone, Actor(role, role))

    @rule(number=some_card, role=some_role)
    def activate(self, number: str, role: str) -> None:
        self._same(self.model.activate(number), cards.activate, number, Actor(role, role))

    @rule(which=meant, reason=st.sampled_from("01234"), role=some_role)
    def block_it(self, which: tuple[str, str], reason: str, role: str) -> None:
        self._same(self.model.block(*which, reason, role), cards.block, *which, reason, Actor(role, role))

    @rule(which=meant, reason=st.sampled_from("0123"), role=some_role)
    def unblock_it(self, which: tuple[str, str], reason: str, role: str) -> None:
        self._same(self.model.unblock(*which, reason, role), cards.unblock, *which, reason, Actor(role, role))

    @precondition(lambda self: any(card.phone for card in self.model.cards.values()))
    @rule(place=st.integers(0, 3), blocks=st.lists(may_block, min_size=1, max_size=2), answered_by=st.integers(0, 5))
    def block_and_answer(self, place: int, blocks: list[tuple[str, str]], answered_by: int) -> None:
        """Somebody's card, by who may, and unblocked by who may give the reason that answers."""
        numbers = [number for number, card in self.model.cards.items() if card.phone]
        number = numbers[place % len(numbers)]
        for role, reason in blocks:
            self.block_it((number, ""), reason, role)
        reason = self.model.cards[number].reason
        roles = [role for role, reasons in MAY_UNBLOCK.items() if reason in reasons] or ROLES
        self.unblock_it((number, ""), reason or "0", roles[answered_by % len(roles)])

    @rule(old=some_card, new=some_card, role=some_role)
    def replace_it(self, old: str, new: str, role: str) -> None:
        self._same(self.model.replace(old, new, role), replace, old, new, Actor(role, role))

    @rule(phone=st.sampled_from(PHONES), enough=st.booleans())
    def tell_more_or_less(self, phone: str, enough: bool) -> None:
        Contact.objects.filter(mobile_number=phone).update(
            birth_date=dt.date(1990, 1, 1), name="Anna" if enough else ""
        )
        self.model.enough[phone] = enough

    @invariant()
    def cards_stand_as_the_model_says(self) -> None:
        stand = {
            card.number: (
                card.get_status_display(),
                card.contact.mobile_number if card.contact else None,
                card.block_reason,
                card.blocked_by_role,
                card.replaced_by.number if card.replaced_by else None,
            )
            for card in Card.objects.select_related("contact", "replaced_by")
        }
        assert stand == {
            number: (card.status, card.phone, card.reason, card.by, card.replaced_by)
            for number, card in self.model.cards.items()
        }

    @invariant()
    def a_contact_has_one_usable_card(self) -> None:
        for phone in self.model.enough:
            assert len(self.model.usable(phone)) <= 1

    @invariant()
    def the_history_ends_where_the_card_is(self) -> None:
        last = {event.card_id: event.status for event in CardEvent.objects.order_by("id")}
        assert last == dict(Card.objects.values_list("pk", "status"))

    def _same(self, wanted: str, act: Callable[..., Any], *arguments: Any) -> None:
        events = CardEvent.objects.count()
        try:
            act(*arguments)
            said = "OK"
        except Refused as refused:
            said = str(refused.key)
            assert CardEvent.objects.count() == events
        assert said == wanted


@pytest.mark.django_db
def test_cards_go_where_the_document_says_whatever_is_done_to_them() -> None:
    run_state_machine_as_test(Cards, settings=settings(max_examples=80, stateful_step_count=25))
