"""Site days and their findings are the same in whatever order safes and tills say what they say."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from safes.estate import place_safe, save_site
from safes.findings import settle_by_person
from safes.models import Finding, Register, Site
from safes.registers import confirm_register, keep_register
from tests.factories import AdministratorFactory, RegisterFactory, SiteFactory
from tests.transactions.pushing import drop, endpoint, open_findings, say
from tests.transactions.takings.telling import DAY, now, site_days, taking, tell, till_days, turn
from transactions.models import Banked, OtherCash, SiteDay, Taking, TillDay, TouchedSiteDay
from transactions.reconciliation.sites.marks import touch_sites
from transactions.reconciliation.takings.keeping import withdraw
from transactions.reconciliation.takings.other_cash import add_other_cash, withdraw_other_cash

pytestmark = pytest.mark.django_db

VARIANCE = ("till_variance", f"S1 {DAY} USD")


@pytest.fixture(autouse=True)
def site():
    with now():
        site = SiteFactory.create(code="S1", time_zone="UTC", tolerance=Decimal(5))
        RegisterFactory.create(site=site, code="1")
        RegisterFactory.create(site=site, code="2")
        yield site


def brought(second: int, amount: str, register: str | None = "1", **more: Any) -> dict[str, Any]:
    return drop(second, amount, Register=register, **more)


def variance() -> Decimal | None:
    turn()
    return open_findings().get(VARIANCE)


def test_a_short_beyond_the_tolerance_is_found_and_closes_by_itself(site):
    place_safe("SR10042", site)
    key = endpoint()
    say(key, [brought(1, "60"), brought(2, "40", "2")])
    assert site_days() == {f"S1 {DAY} USD": (100, None, None, None)}
    tell(taking("70", "1"))
    assert site_days() == {f"S1 {DAY} USD": (100, 70, 30, 30)}
    tell(taking("40", "2"))
    assert variance() == 10
    finding = Finding.objects.get(kind="till_variance")
    assert (finding.site, str(finding.business_date), finding.currency) == (site, DAY, "USD")
    assert [(one["register"], one["unexplained"]) for one in finding.detail["registers"]] == [
        ("1", "-10.0000"),
        ("2", "0.0000"),
    ]
    say(key, [brought(3, "5")])
    assert variance() is None  # 5 is within
    closed = Finding.objects.get(kind="till_variance")
    assert (closed.state, closed.closed_by) == ("closed", "system")


@pytest.mark.parametrize(
    ("amount", "found"), [("65", None), ("65.01", Decimal("5.01")), ("55", None), ("54.99", Decimal("5.01"))]
)
def test_the_tolerance_itself_is_tolerated(site, amount, found):
    place_safe("SR10042", site)
    say(endpoint(), [brought(1, "60")])
    tell(taking(amount))
    assert variance() == found


def test_a_tolerance_that_is_changed_judges_days_anew(site):
    tell(taking("10"))
    assert variance() == 10
    site.tolerance = Decimal(10)
    save_site(site)
    assert variance() is None
    site.tolerance = Decimal(0)
    save_site(site)
    assert variance() == 10


def test_a_currency_put_right_later_is_that_of_takings_and_other_cash_too(site):
    place_safe("SR10042", site)
    say(endpoint(), [brought(1, "60")])
    tell(taking("70"))
    add_other_cash(site, DAY, "deposit", "4", "slip 7", None)
    turn()
    site.currency = "CAD"
    save_site(site)
    assert site_days() == {f"S1 {DAY} CAD": (60, 70, -10, -6)}
    assert open_findings() == {("till_variance", f"S1 {DAY} CAD"): Decimal(6)}
    assert Taking.objects.get().currency == OtherCash.objects.get().currency == "CAD"


def test_deposits_and_petty_cash_explain_a_short_until_they_are_withdrawn(site):
    who = AdministratorFactory.create()
    tell(taking("50"))
    assert variance() == 50
    line = add_other_cash(site, DAY, "deposit", "30", "slip 7", who, register="1")
    add_other_cash(site, DAY, "petty_cash", "18", "window cleaner", who)
    assert site_days() == {f"S1 {DAY} USD": (0, 50, -50, -2)}
    assert variance() is None
    withdraw_other_cash(line.pk, who, "of another day")
    assert variance() == 32
    line.refresh_from_db()
    assert (line.withdrawn_by, line.withdrawn_because) == (who, "of another day")


def test_an_accepted_variance_opens_again_only_when_its_facts_change(site):
    tell(taking("50"))
    turn()
    finding = Finding.objects.get(kind="till_variance")
    settle_by_person(finding.pk, "anna", "counted twice")
    touch_sites({(site.pk, dt.date.fromisoformat(DAY))})
    assert variance() is None
    tell(taking("51"))
    assert variance() == 51


# --- registers nobody knows ---------------------------------------------------------------------------------------

UNKNOWN = ("unknown_register", "S1 9")


def test_a_register_nobody_knows_is_found_until_somebody_confirms_it():
    tell(taking("7", "9"), taking("8", "9", business_date="2026-03-15"))
    turn()
    assert open_findings()[UNKNOWN] == 15
    confirm_register(Register.objects.get(code="9").pk)
    assert UNKNOWN not in open_findings()
    tell(taking("9", "9"))
    turn()
    assert UNKNOWN not in open_findings()


def test_or_enters_it(site):
    tell(taking("7", "9"))
    turn()
    keep_register(site, "9", "Kiosk")
    assert UNKNOWN not in open_findings()
    assert Register.objects.get(code="9").confirmed


@pytest.mark.parametrize("safe_first", [True, False])
def test_or_a_safe_has_heard_of_it(site, safe_first):
    place_safe("SR10042", site)
    key = endpoint()
    if safe_first:
        say(key, [brought(1, "7", "9")])
        turn()
    tell(taking("7", "9"))
    turn()
    if not safe_first:
        assert UNKNOWN in open_findings()
        say(key, [brought(1, "7", "9")])
    turn()
    assert UNKNOWN not in open_findings()


def test_or_its_takings_are_withdrawn_or_said_of_another():
    _, second = (outcome.taking for outcome in tell(taking("7", "9", reference="A"), taking("8", "9")))
    assert second is not None
    turn()
    assert open_findings()[UNKNOWN] == 15
    withdraw(second.pk, "no such till")
    turn()
    assert open_findings()[UNKNOWN] == 7
    tell(taking("7", "1", reference="A"))
    turn()
    assert UNKNOWN not in open_findings()


# --- any order ----------------------------------------------------------------------------------------------------


def picture() -> tuple[Any, ...]:
    """Everything that is drawn, but for ids and times."""
    turn()
    unimportant = ("id", "opened_at", "closed_at", "owner_id")
    tables: list[Any] = [SiteDay.objects, TillDay.objects, Finding.objects.filter(state="open", safe=None)]
    return tuple(
        sorted(str({name: value for name, value in row.items() if name not in unimportant}) for row in table.values())
        for table in tables
    )


def story(site: Site) -> list[Callable[[], object]]:
    """A day that is short at one register and over at another, told by a safe, tills and staff."""
    key = endpoint()
    return [
        lambda: place_safe("SR10042", site),
        lambda: say(key, [brought(1, "60"), brought(2, "40", "2", UserName="Bob")]),
        lambda: say(key, [brought(3, "30"), brought(4, "9.50", None), brought(5, "3", "7")]),
        lambda: tell(taking("120", "1", cashier="anna beck"), taking("20", "2", reference="X")),
        lambda: tell(taking("11", "9", business_date="2026-03-15"), taking("3", "7")),
        lambda: add_other_cash(site, DAY, "deposit", "12", "slip 7", None, register="1"),
    ]


@pytest.mark.parametrize("seed", range(12))
def test_the_order_of_safes_and_tills_is_nothing(site, seed):
    orders = list(itertools.permutations(range(6)))
    told = story(site)
    for number in orders[seed * 59 + 7]:
        told[number]()
        turn()
    assert site_days() == {
        f"S1 {DAY} USD": (Decimal("142.5"), 143, Decimal("-0.5"), Decimal("11.5")),
        "S1 2026-03-15 USD": (0, 11, -11, -11),
    }
    assert till_days() == {
        ("", "ANNA BECK"): (Decimal("9.5"), None, None),
        ("1", "ANNA BECK"): (90, 120, -30),
        ("2", ""): (40, 20, 20),
        ("7", ""): (3, 3, 0),
        ("9", ""): (0, 11, -11),
    }
    assert open_findings() == {
        VARIANCE: Decimal("28.5"),  # 18 short and 20 over, but for the 9.50 that name no register
        ("till_variance", "S1 2026-03-15 USD"): Decimal(11),
        UNKNOWN: Decimal(11),
    }


def test_what_was_dropped_is_drawn_again_as_it_was(site):
    for tell_it in story(site):
        tell_it()
    before = picture()
    marks = set(SiteDay.objects.values_list("site_id", "business_date"))
    for table in (SiteDay, TillDay, Finding):
        table.objects.all().delete()
    touch_sites(marks)
    assert picture() == before


def test_tills_add_up_to_their_site(site):
    for tell_it in story(site):
        tell_it()
    turn()
    for day in SiteDay.objects.all():
        tills = TillDay.objects.filter(site=day.site, business_date=day.business_date, currency=day.currency)
        assert sum(till.safe for till in tills) == day.safe_total
        assert sum(till.takings or 0 for till in tills) == day.takings
        assert day.safe_total == sum(
            line.amount for line in Banked.objects.filter(site=day.site, business_date=day.business_date)
        )


def test_drawing_again_writes_nothing_and_keeps_ids(site, django_assert_max_num_queries):
    for tell_it in story(site):
        tell_it()
    turn()
    ids = set(SiteDay.objects.values_list("pk", flat=True))
    dates = set(SiteDay.objects.values_list("site_id", "business_date"))
    touch_sites(dates)
    with django_assert_max_num_queries(32):
        turn()
    assert set(SiteDay.objects.values_list("pk", flat=True)) == ids
    assert not TouchedSiteDay.objects.exists()


def test_a_safe_that_is_found_to_stand_elsewhere_takes_its_cash_along(site):
    other = SiteFactory.create(code="S2", time_zone="UTC")
    place_safe("SR10042", site)
    say(endpoint(), [brought(1, "60")])
    tell(taking("60"))
    assert variance() is None
    place_safe("SR10042", other)
    place_safe("SR10042", other, dt.date(2026, 1, 1))
    assert site_days() == {
        f"S1 {DAY} USD": (0, 60, -60, -60),
        f"S2 {DAY} USD": (60, None, None, None),
    }
    assert variance() == 60
