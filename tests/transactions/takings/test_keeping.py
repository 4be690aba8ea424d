"""Takings are kept once, the last word stands, and what is wrong is refused with its field and a sentence."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
import time_machine

from safes.models import Register, Site
from tests.factories import RegisterFactory, SiteFactory
from tests.transactions.takings.telling import API, DAY, now, site_days, taking, tell
from tests.transactions.takings.wrong import WRONG_TEXTS, WRONG_VALUES
from transactions.models import Taking
from transactions.reconciliation.takings.keeping import Refused, enter, withdraw

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def site():
    with now():
        yield SiteFactory.create(code="S1")


def kept() -> list[tuple[str, str, str, str]]:
    rows = Taking.objects.filter(withdrawn_at=None).select_related("register").order_by("pk")
    return [(row.register.code, str(row.business_date), row.cashier, str(row.amount)) for row in rows]


def test_the_same_reference_again_replaces_whatever_else_it_says():
    other = SiteFactory.create(code="S2", currency="CAD")
    (first,) = tell(taking("40", reference="R-1"))
    (second,) = tell(taking("50.5", "2", reference="R-1", site="s2", business_date="2026-03-15", cashier="Anna"))
    assert (first.created, second.created) == (True, False)
    assert kept() == [("2", "2026-03-15", "Anna", "50.5000")]
    row = Taking.objects.get()
    assert (row.register.site, row.currency) == (other, "CAD")
    assert [str(past.amount) for past in row.history.all()] == ["50.5000", "40.0000"]
    assert site_days() == {"S2 2026-03-15 CAD": (0, Decimal("50.5"), Decimal("-50.5"), Decimal("-50.5"))}


def test_without_a_reference_register_date_and_cashier_tell_it():
    tell(taking("40", cashier="Anna"), taking("7"))
    tell(taking("41", cashier="ANNA"), taking("8"), taking("1", business_date="2026-03-15"))
    tell(taking("30", reference="R-1"))
    assert kept() == [
        ("1", DAY, "ANNA", "41.0000"),
        ("1", DAY, "", "8.0000"),
        ("1", "2026-03-15", "", "1.0000"),
        ("1", DAY, "", "30.0000"),
    ]


def test_the_same_words_again_change_nothing_and_leave_no_history():
    tell(taking("40", reference="R-1"))
    tell(taking("40.0000", reference=" R-1 "))
    assert Taking.objects.get().history.count() == 1


def test_texts_are_trimmed_and_composed_and_numbers_are_names():
    tell(taking("40", 7, site=" s1 ", cashier=" Jose\u0301 ", reference=1042))  # type: ignore[arg-type]
    row = Taking.objects.get()
    assert (row.register.code, row.cashier, row.reference) == ("7", "Jos\u00e9", "1042")


@pytest.mark.parametrize(
    ("said", "meant"),
    [(40, "40"), ("40", "40"), (Decimal("40.10"), "40.1"), ("0", "0"), ("-0", "0"), ("40.12340", "40.1234"),
     (" 1.5 ", "1.5"), (0.1 + 0.2, "0.3"), (9_999_999_999, "9999999999"), (Decimal("4E+1"), "40")],
)  # fmt: skip
def test_amounts_are_exact(said, meant):
    tell(taking(said))
    amount = Taking.objects.get().amount
    assert amount == Decimal(meant)
    assert not amount.is_signed()


@pytest.mark.parametrize(("changes", "name", "reason"), [*WRONG_TEXTS, *WRONG_VALUES])
def test_what_is_wrong_is_refused_with_its_field_and_a_sentence(changes, name, reason):
    with pytest.raises(Refused) as refused:
        tell(taking("12", "9"), {**taking(), **changes})
    ((number, errors),) = refused.value.by_row.items()
    assert number == 1
    assert list(errors) == [name]
    assert reason in errors[name][0]
    assert errors[name][0].endswith(".")
    assert not Taking.objects.exists()
    assert not Register.objects.exists()


@pytest.mark.parametrize("row", [None, 7, "S1", [], [taking()]])
def test_what_is_no_row_is_refused(row):
    with pytest.raises(Refused) as refused:
        tell(row)
    assert "row" in refused.value.by_row[0]


def test_every_mistake_of_a_row_is_told():
    with pytest.raises(Refused) as refused:
        tell({"site": "S1", "amount": "x", "business_date": "y"})
    assert set(refused.value.by_row[0]) == {"amount", "business_date", "register"}


def test_tomorrow_is_that_of_the_site():
    SiteFactory.create(code="FAR", time_zone="Pacific/Kiritimati")
    with time_machine.travel(dt.datetime(2026, 3, 20, 12, tzinfo=dt.UTC)):
        tell(taking(site="FAR", business_date="2026-03-22"))  # where it is the 21st already
        with pytest.raises(Refused):
            tell(taking(site="FAR", business_date="2026-03-23"))


def test_good_rows_are_kept_without_the_bad_only_where_that_is_asked():
    rows = [taking("1", reference="A"), taking("x"), taking("3", reference="C")]
    with pytest.raises(Refused):
        tell(*rows)
    assert kept() == []
    good, bad, last = tell(*rows, good_rows=True)
    assert (good.created, bad.taking, last.created) == (True, None, True)
    assert set(bad.errors) == {"amount"}
    assert [row[3] for row in kept()] == ["1.0000", "3.0000"]


def test_no_good_row_at_all_is_refused_all_the_same():
    with pytest.raises(Refused):
        tell(taking("x"), good_rows=True)


def test_two_amounts_for_one_till_in_one_list_are_not_guessed_at():
    with pytest.raises(Refused) as refused:
        tell(taking("1"), taking("2"))
    assert set(refused.value.by_row) == {1}
    tell(taking("1", reference="A"), taking("2", reference="B"), taking("3"), taking("3"))
    assert [row[3] for row in kept()] == ["1.0000", "2.0000", "3.0000"]


def test_the_same_reference_twice_in_one_list_is_kept_once_and_the_last_stands():
    outcomes = tell(taking("1", reference="A"), taking("2", reference="A"))
    assert [outcome.created for outcome in outcomes] == [True, False]
    assert [row[3] for row in kept()] == ["2.0000"]


def test_a_register_nobody_knows_is_made_and_one_that_is_there_is_not_made_again(site):
    RegisterFactory.create(site=site, code="1")
    tell(taking("1"), taking("2", "9"), taking("3", "9", cashier="B"))
    assert dict(Register.objects.values_list("code", "confirmed")) == {"1": True, "9": False}


def test_a_taking_that_was_withdrawn_counts_for_nothing_until_it_is_said_again():
    (outcome,) = tell(taking("40", reference="R-1"))
    assert outcome.taking is not None
    day = f"S1 {DAY} USD"
    assert site_days()[day][1] == 40
    withdraw(outcome.taking.pk, "typed twice")
    assert site_days() == {}
    past = outcome.taking.history.first()
    assert past.history_change_reason == "withdrawn: typed twice"
    for word in ("", "again"):
        with pytest.raises(ValueError, match=r"Say why|already"):
            withdraw(outcome.taking.pk, word)
    tell(taking("40", reference="R-1"))
    assert site_days()[day][1] == 40
    assert Taking.objects.count() == 1


def test_what_tells_a_taking_can_be_put_right_but_not_onto_another():
    first, second = (outcome.taking for outcome in tell(taking("40"), taking("7", "2")))
    assert first is not None
    assert second is not None
    site_days()
    enter(taking("45", "3", business_date="2026-03-15", reference="R-9"), API, first.pk)
    assert site_days() == {
        f"S1 {DAY} USD": (0, 7, -7, -7),
        "S1 2026-03-15 USD": (0, 45, -45, -45),
    }
    for wrong, name in ((taking("7", "2"), "register"), (taking("x"), "amount"), (taking(site="NO"), "site")):
        with pytest.raises(Refused) as refused:
            enter(wrong, API, first.pk)
        assert set(refused.value.by_row[0]) == {name}
    with pytest.raises(Refused) as refused:
        enter(taking("7", "2", reference="R-9"), API, second.pk)
    assert set(refused.value.by_row[0]) == {"reference"}
    assert kept() == [("3", "2026-03-15", "", "45.0000"), ("2", DAY, "", "7.0000")]


def test_a_thousand_take_few_queries_each(django_assert_max_num_queries):
    rows = [taking(number, str(number % 7), reference=f"R{number}") for number in range(100)]
    with django_assert_max_num_queries(7 * 2 + 100 * 2 + 12):
        tell(*rows)
    assert Taking.objects.count() == 100
    assert Site.objects.count() == 1


def test_a_person_is_told_where_there_are_such_takings_already():
    first = enter(taking("40", reference="R-1"), API)
    for wrong, name in ((taking("50", "2", reference="R-1"), "reference"), (taking("x"), "amount")):
        with pytest.raises(Refused) as refused:
            enter(wrong, API)
        assert set(refused.value.by_row[0]) == {name}
    withdraw(first.pk, "typed twice")
    again = enter(taking("50", reference="R-1"), API)
    assert (again.pk, kept()) == (first.pk, [("1", DAY, "", "50.0000")])
