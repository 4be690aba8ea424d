"""The law of the ledger, under whatever history: an account of it that knows nothing of its rows says the same.

The account keeps what is left of each lot and when it ends, and plays every call by the words of the contract. The
ledger plays the same, with calls repeated, cards blocked, unblocked and replaced, a clock that jumps, and its tasks
running whenever they like, twice as well.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.db.models import Sum
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
from loyalty.bonuses.expiry import burn_expired
from loyalty.bonuses.holds import give_back_unsettled
from loyalty.bonuses.refusals import Conflict
from loyalty.bonuses.standing import bonus_rows, spendable
from loyalty.bonuses.taking import facts
from loyalty.models import Card, Lot
from tests.loyalty import making
from tests.loyalty.bonuses import saying
from tests.loyalty.bonuses.paper import Done, Paper, Told

NUMBERS = [f"40001234123400{number:02}" for number in range(4)]
AMOUNTS = st.integers(1, 2000).map(lambda cents: Decimal(cents) / 100)
WHICH = st.integers(0, 10**6)
LATE = dt.timedelta(hours=72)  # LOYALTY_HOLD_FOR


class History(RuleBasedStateMachine):
    """One holder, whose cards are replaced; ``cards`` from the first to the one in use, which alone has bonuses."""

    def __init__(self) -> None:
        super().__init__()
        self.paper = Paper()
        self.cards: list[str] = []
        self.status = "Active"
        self.counted = 0
        self.traveller = time_machine.travel(saying.NOON, tick=False)
        self.clock = self.traveller.start()
        # Each history is a transaction, and is not kept.
        self.transaction: Atomic = atomic()
        self.transaction.__enter__()

    def teardown(self) -> None:
        set_rollback(True)
        self.transaction.__exit__(None, None, None)
        self.traveller.stop()

    @initialize()
    def begin(self) -> None:
        saying.active_card(NUMBERS[0])
        self.cards = [NUMBERS[0]]

    # --- helpers ----------------------------------------------------------------------------------------------

    @property
    def number(self) -> str:
        return self.cards[-1]

    @property
    def now(self) -> dt.datetime:
        return dt.datetime.now(dt.UTC)

    @property
    def today(self) -> dt.date:
        return self.now.date()

    def any_number(self, which: int) -> str:
        return self.cards[which % len(self.cards)]

    def reference(self) -> str:
        self.counted += 1
        return f"R{self.counted}"

    def refused(self, act: Callable[[], Any]) -> None:
        before = saying.written()
        with pytest.raises(Conflict):
            act()
        assert saying.written() == before

    # --- what callers do --------------------------------------------------------------------------------------

    @rule(
        amount=AMOUNTS,
        begins=st.integers(-3, 3),
        lasts=st.none() | st.integers(1, 6),
        type=st.sampled_from("01"),
        which=WHICH,
    )
    def accrue(self, amount: Decimal, begins: int, lasts: int | None, type: str, which: int) -> None:
        reference, number = self.reference(), self.any_number(which)
        start = (self.today - saying.TODAY).days + begins
        end = None if lasts is None else start + lasts

        def act() -> Any:
            return saying.accrue(amount, reference, number=number, type=type, begins=start, ends=end)

        self.paper.lots.append(
            Told(self.now, amount, saying.day(start), None if end is None else saying.day(end), amount)
        )
        parts = [(len(self.paper.lots) - 1, amount)]
        self.paper.done.append(Done("accrual", reference, amount, parts, act, act()))

    @rule(amount=AMOUNTS, is_hold=st.booleans())
    def spend(self, amount: Decimal, is_hold: bool) -> None:
        reference, number = self.reference(), self.number

        def act() -> Any:
            return (saying.hold if is_hold else saying.spend)(amount, reference, number=number)

        if self.status != "Active" or amount > self.paper.spendable(self.today):
            self.refused(act)
            return
        entry = act()
        parts = self.paper.take(amount, self.today)
        self.paper.done.append(
            Done(
                "hold" if is_hold else "spend",
                reference,
                amount,
                parts,
                act,
                entry,
                "open" if is_hold else "",
                self.now,
            )
        )

    @precondition(lambda self: self.paper.of("hold"))
    @rule(which=WHICH, share=st.integers(1, 130), is_void=st.booleans(), number=WHICH)
    def settle(self, which: int, share: int, is_void: bool, number: int) -> None:
        holds = self.paper.of("hold")
        hold, number_said = holds[which % len(holds)], self.any_number(number)
        amount = (hold.amount * share / 100).quantize(Decimal("0.01")) or Decimal("0.01")

        def act() -> Any:
            if is_void:
                return saying.void(hold.reference, number=number_said)
            return saying.confirm(hold.reference, amount, number=number_said)

        if hold.state != "open" or (not is_void and amount > hold.amount):
            if hold.state == ("void" if is_void else f"confirmed {amount}"):
                assert act().is_repeat
            else:
                self.refused(act)
            return
        entry = act()
        self.paper.put_back(hold.parts)
        hold.state = "void" if is_void else f"confirmed {amount}"
        if not is_void:
            parts, left = [], amount
            for at, part in hold.parts:
                took = min(part, left)
                if took:
                    parts.append((at, took))
                    self.paper.lots[at].left -= took
                    left -= took
            self.paper.done.append(Done("spend", hold.reference, amount, parts, act, entry))

    @precondition(lambda self: self.paper.of("spend", "accrual"))
    @rule(which=WHICH, number=WHICH)
    def reverse(self, which: int, number: int) -> None:
        things = self.paper.of("spend", "accrual")
        thing, reference, number_said = things[which % len(things)], self.reference(), self.any_number(number)

        def act() -> Any:
            return saying.reverse(thing.reference, reference, number=number_said, kind=thing.kind)

        if thing.kind == "accrual":
            [(at, amount)] = thing.parts
            lot = self.paper.lots[at]
            if thing.state or lot.left != amount or lot.is_over(self.today):
                self.refused(act)
                return
            lot.left = Decimal(0)
        elif thing.state:
            self.refused(act)
            return
        else:
            self.paper.put_back(thing.parts)
        thing.state = "reversed"
        self.paper.done.append(Done("reversal", reference, thing.amount, [], act, act()))

    @precondition(lambda self: self.paper.of("accrual", "spend", "hold", "reversal"))
    @rule(which=WHICH)
    def say_again(self, which: int) -> None:
        one = self.paper.done[which % len(self.paper.done)]
        before = saying.written()
        again = one.again()
        assert again == one.entry
        assert again.is_repeat
        assert (again.amount, again.balance, again.at) == (one.entry.amount, one.entry.balance, one.entry.at)
        assert saying.written() == before

    # --- what becomes of cards --------------------------------------------------------------------------------

    @precondition(lambda self: self.status == "Active")
    @rule()
    def block(self) -> None:
        cards.block(self.number, "", "0", making.ADMINISTRATOR)
        self.status = "Blocked"

    @precondition(lambda self: self.status == "Blocked")
    @rule()
    def unblock(self) -> None:
        cards.unblock(self.number, "", "0", making.ADMINISTRATOR)
        self.status = "Active"

    @precondition(lambda self: self.status == "Active" and len(self.cards) < len(NUMBERS))
    @rule()
    def replace(self) -> None:
        new = NUMBERS[len(self.cards)]
        saying.replace(self.number, new)
        self.cards.append(new)

    # --- the clock --------------------------------------------------------------------------------------------

    @rule(hours=st.integers(-30, 60))
    def the_clock_jumps(self, hours: int) -> None:
        self.clock.shift(dt.timedelta(hours=hours))

    @rule(twice=st.booleans())
    def burn(self, twice: bool) -> None:
        before = self.standing()
        due = [lot for lot in self.paper.lots if lot.left and lot.is_over(self.today)]
        for lot in due:
            lot.burnt, lot.left = lot.burnt + lot.left, Decimal(0)
        assert burn_expired() == len(due)
        if twice:
            assert burn_expired() == 0
        assert self.standing() == before

    @rule(twice=st.booleans())
    def give_back(self, twice: bool) -> None:
        old = [hold for hold in self.paper.of("hold") if hold.state == "open" and hold.at and self.now - hold.at > LATE]
        for hold in old:
            self.paper.put_back(hold.parts)
            hold.state = "void"
        assert give_back_unsettled() == len(old)
        if twice:
            assert give_back_unsettled() == 0

    # --- the law ----------------------------------------------------------------------------------------------

    def standing(self) -> Any:
        lots = [facts(lot) for lot in Lot.objects.filter(card__number=self.number)]
        return bonus_rows(lots, is_blocked=self.status == "Blocked", today=self.today), spendable(lots, self.today)

    @invariant()
    def the_books_agree(self) -> None:
        if not self.cards:
            return
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        said = self.paper.lots
        kept = list(Lot.objects.order_by("pk").values_list("remaining", "burnt", "card__number"))
        assert kept == [(lot.left, lot.burnt, self.number) for lot in said]
        for card in Card.objects.filter(number__in=self.cards):
            expected = self.paper.balance() if card.number == self.number else 0
            assert card.bonus_balance == expected
            assert (card.entries.aggregate(sum=Sum("change"))["sum"] or 0) == expected
            running = Decimal(0)
            for entry in card.entries.order_by("pk"):
                running += entry.change
                assert entry.balance == running >= 0
                assert entry.amount == abs(entry.change) > 0
        assert self.standing()[1] == self.paper.spendable(self.today)


@pytest.mark.django_db
def test_whatever_happens_the_books_agree():
    # More histories where somebody takes the time (HYPOTHESIS_PROFILE).
    examples = settings(max_examples=settings().max_examples // 4, stateful_step_count=30)
    run_state_machine_as_test(History, settings=examples)
