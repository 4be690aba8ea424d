"""Over and short, worked out by hand: by site, register and cashier."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from transactions.reconciliation.sites.over_short import Day, Figures, Line, Other, compare, stake_of, unexplained

FIVE = Decimal(5)


def lines(*told: tuple[str, str, str]) -> list[Line]:
    return [Line(register, cashier, Decimal(amount)) for register, cashier, amount in told]


def tills(day: Day) -> dict[tuple[str, str], tuple[str, str | None]]:
    return {
        till: (str(one.safe), None if one.takings is None else f"{one.takings} → {one.variance}")
        for till, one in sorted(day.tills.items())
    }


def told_of(one: Figures) -> tuple[Any, ...]:
    return one.safe, one.takings, one.variance, one.unexplained


def test_before_takings_nothing_is_short():
    day = compare(lines(("1", "ANNA", "100")), [])
    assert told_of(day.site) == (100, None, None, None)
    assert tills(day) == {("1", "ANNA"): ("100", None)}
    assert stake_of(day, FIVE) == 0


def test_takings_of_nothing_are_takings():
    day = compare(lines(("1", "", "3")), lines(("1", "", "0")))
    assert told_of(day.site) == (3, 0, 3, 3)


def test_a_register_waits_for_its_own_takings():
    day = compare(lines(("1", "A", "100"), ("2", "B", "50")), lines(("1", "", "98")))
    assert day.registers["1"].variance == 2
    assert day.registers["2"].variance is None
    assert day.site.variance == 52


def test_a_cashier_is_one_whatever_the_case():
    day = compare(lines(("1", "Anna", "60"), ("1", "ANNA", "40"), ("1", "BOB", "10")), lines(("1", "anna", "95")))
    assert tills(day) == {("1", "ANNA"): ("100", "95 → 5"), ("1", "BOB"): ("10", None)}


def test_takings_without_a_cashier_stand_beside_the_whole_register():
    day = compare(lines(("1", "ANNA", "60"), ("1", "BOB", "40")), lines(("1", "", "98")))
    assert tills(day) == {("1", ""): ("100", "98 → 2")}


def test_a_cashier_named_beside_that_has_a_line_of_his_own():
    banked = lines(("1", "ANNA", "60"), ("1", "BOB", "40"), ("2", "BOB", "7"))
    day = compare(banked, lines(("1", "", "59"), ("1", "bob", "40")))
    assert tills(day) == {("1", ""): ("60", "59 → 1"), ("1", "BOB"): ("40", "40 → 0"), ("2", "BOB"): ("7", None)}


def test_a_deposit_and_petty_cash_explain_a_short():
    other = [Other("1", Decimal(30), is_deposit=True), Other("", Decimal(8), is_deposit=False)]
    day = compare(lines(("1", "", "60")), lines(("1", "", "100")), other)
    assert told_of(day.site) == (60, 100, -40, -2)
    assert [day.site.deposits, day.site.petty_cash] == [30, 8]
    assert day.registers["1"].unexplained == -10
    assert stake_of(day, FIVE) == 2


def test_registers_that_make_up_for_one_another_are_at_stake_all_the_same():
    day = compare(lines(("1", "", "80"), ("2", "", "120"), ("3", "", "103")), lines(*((r, "", "100") for r in "123")))
    assert unexplained(day) == {"1": -20, "2": 20, "3": 3}
    assert stake_of(day, FIVE) == 40


def test_cash_that_names_no_register_may_be_what_a_register_lacks():
    day = compare(lines(("1", "", "80"), ("", "", "20")), lines(("1", "", "100")))
    assert day.registers["1"].variance == -20
    assert stake_of(day, FIVE) == 0


names = st.sampled_from(["", "A", "a", "B"])
told = st.builds(
    Line, st.sampled_from(["", "1", "2"]), names, st.decimals(-500, 500, places=2).map(lambda amount: +amount)
)
said = st.builds(Line, st.sampled_from(["1", "2", "3"]), names, st.decimals(0, 500, places=2))
spared = st.builds(Other, st.sampled_from(["", "1"]), st.decimals(1, 50, places=2), st.booleans())


@given(st.lists(told), st.lists(said), st.lists(spared), st.randoms())
def test_lines_add_up_and_their_order_is_nothing(banked, takings, other, chance):
    day = compare(banked, takings, other)
    for part in (day.tills, day.registers):
        assert sum(one.safe for one in part.values()) == day.site.safe
        assert sum(one.takings or 0 for one in part.values()) == (day.site.takings or 0)
    for shuffled in (banked, takings, other):
        chance.shuffle(shuffled)
    again = compare(banked, takings, other)
    assert (dict(again.tills), dict(again.registers), again.site) == (dict(day.tills), dict(day.registers), day.site)
    assert stake_of(again, FIVE) == stake_of(day, FIVE) >= 0
