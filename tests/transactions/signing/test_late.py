"""A signed day whose figures change opens by itself, says what changed, and stands again when they are as signed."""

from __future__ import annotations

import datetime as dt
import itertools
from decimal import Decimal

import pytest

from safes.estate import place_safe
from safes.models import Finding, Safe
from tests.factories import SiteFactory
from tests.transactions.pushing import drop, open_findings, say
from tests.transactions.signing.days import DATE, clerk, late, signed, standing, supervisor, traded
from tests.transactions.takings.telling import DAY, now, taking, tell, turn
from transactions.models import SafeDay, SignOff, SiteDay
from transactions.reconciliation.counts.keeping import Said, enter_count
from transactions.reconciliation.signing.acts import approve, prepare, reopen
from transactions.reconciliation.signing.status import with_status

pytestmark = pytest.mark.django_db

LATE = ("late_after_sign_off", f"S1 {DAY}")


@pytest.fixture(autouse=True)
def _now():
    with now():
        yield


def test_late_cash_reopens_a_signed_day_and_shows_what_changed():
    site, key = traded("60", "40")
    signed(site, clerk(), supervisor())
    late(key, "20")
    stands = standing(site)
    assert stands.status == "reopened"
    assert {(one.of, one.name, one.figure): (one.signed, one.now) for one in stands.changes} == {
        ("site", "S1", "safe_total"): (100, 120),
        ("site", "S1", "variance"): (0, 20),
        ("site", "S1", "unexplained"): (0, 20),
        ("safe", "SR10042", "validated"): (100, 120),
        ("safe", "SR10042", "closing"): (100, 120),
        ("till", "1", "safe"): (100, 120),
        ("till", "1", "variance"): (0, 20),
    }
    # The signed figures are kept as they were.
    assert next(one for one in stands.sign_off.signed_figures if one["of"] == "site")["figures"]["safe_total"] == (
        "100.0000"
    )
    assert open_findings()[LATE] == 20
    finding = Finding.objects.get(kind="late_after_sign_off")
    assert (finding.site, finding.business_date, finding.currency) == (site, DATE, "USD")
    assert "side by side" in finding.summary
    assert finding.detail["changes"][0] == {
        "of": "site", "name": "S1", "cashier": "", "currency": "USD", "figure": "safe_total",
        "signed": "100.0000", "now": "120.0000",
    }  # fmt: skip
    event = stands.events[-1]
    assert (event.what, event.by, event.text) == ("reopened", None, "7 figures, by up to 20.00 USD.")


def test_signed_anew_the_finding_closes_by_itself():
    site, key = traded("60", "40")
    carla, susan = clerk(), supervisor()
    signed(site, carla, susan)
    late(key, "20")
    tell(taking("120", "1"))
    prepare(site.pk, DATE, carla, standing(site).seen)
    turn()
    assert LATE in open_findings()
    approve(site.pk, DATE, susan, standing(site).seen)
    assert LATE not in open_findings()
    assert Finding.objects.get(kind="late_after_sign_off").closed_by == "system"
    assert standing(site).status == "signed"


def test_figures_that_become_what_was_signed_let_the_signature_stand_again():
    site, _ = traded("100")
    signed(site, clerk(), supervisor())
    tell(taking("90", "1"))
    assert standing(site).status == "reopened"
    tell(taking("100", "1"))
    stands = standing(site)
    assert stands.status == "signed"
    assert LATE not in open_findings()
    assert [event.what for event in stands.events][-2:] == ["reopened", "restored"]


def test_what_a_person_took_back_does_not_stand_again_by_itself():
    site, _ = traded("100")
    susan = supervisor()
    signed(site, clerk(), susan)
    reopen(site.pk, DATE, susan, "The wrong slip.")
    tell(taking("90", "1"))
    assert standing(site).status == "reopened"
    assert LATE not in open_findings()  # it is open because somebody wanted it so
    tell(taking("100", "1"))
    assert standing(site).status == "reopened"
    assert LATE not in open_findings()


def test_a_preparation_lapses_when_the_figures_change():
    site, key = traded("100")
    prepare(site.pk, DATE, clerk(), standing(site).seen)
    late(key, "3")
    stands = standing(site)
    assert stands.status == "open"
    assert stands.events[-1].what == "lapsed"
    assert {one.figure for one in stands.changes} >= {"safe_total", "validated"}
    assert LATE not in open_findings()


def test_markers_and_log_ins_change_no_figure():
    site, key = traded("100")
    signed(site, clerk(), supervisor())
    late(key, "0", TransactionType="Placeholder")
    late(key, "0", 950, TransactionType="Login", Amount=None)
    assert standing(site).status == "signed"


def test_cash_that_is_late_for_an_earlier_day_reopens_the_days_that_opened_with_it():
    site, key = traded("100")
    signed(site, clerk(), supervisor())
    say(key, [drop(900, "20", Register="1", TransactionDateTime="2026-03-13T10:00:00")], name="loomis-S1")
    stands = standing(site)
    assert stands.status == "reopened"
    assert {one.figure: (one.signed, one.now) for one in stands.changes} == {
        "opening": (None, 20),
        "closing": (100, 120),
    }


@pytest.mark.parametrize(("is_counted", "status"), [(False, "signed"), (True, "reopened")])
def test_an_inventory_is_signed_for_only_where_somebody_has_counted_it(is_counted, status):
    site, key = traded("100")
    if is_counted:
        count = Said("inventory", "opening", dt.date(2026, 3, 12), "USD", Decimal(50))
        enter_count(Safe.objects.get(), count, None)
        turn()
    signed(site, clerk(), supervisor())
    given = drop(900, "20", TransactionType="NoteDispense", TransactionDateTime="2026-03-13T10:00:00")
    say(key, [given], name="loomis-S1")
    assert standing(site).status == status


def test_a_safe_that_turns_out_to_have_stood_elsewhere_reopens_both_days():
    site, _ = traded("100")
    other, _ = traded("50", takings="50", code="S2", serial="SR10043")
    carla, susan = clerk(), supervisor()
    for one in (site, other):
        signed(one, carla, susan)
    place_safe("SR10042", other, dt.date(2026, 3, 1))
    turn()
    assert standing(site).status == "reopened"
    assert standing(other).status == "reopened"


def test_a_safe_that_no_till_brought_anything_to_takes_its_figures_along():
    site, key = traded("100")
    other = SiteFactory.create(code="S2", time_zone="UTC")
    place_safe("SR7", site)
    say(key, [drop(5, "10", SerialNumber="SR7", TransactionType="NoteDispense")], name="loomis-S1")
    turn()
    signed(site, clerk(), supervisor())
    place_safe("SR7", other, dt.date(2026, 3, 1))
    assert standing(site).status == "reopened"


def test_the_status_is_that_of_all_days_of_the_site_and_date():
    site, key = traded("100")
    say(key, [drop(5, "10", SerialNumber="SR2", Register="1")], name="loomis-S1")
    place_safe("SR2", site)
    turn()

    def statuses() -> set[str]:
        rows = (*with_status(SafeDay.objects.all()), *with_status(SiteDay.objects.all()))
        assert len(rows) == 3
        return {row.status for row in rows}

    assert statuses() == {"open"}
    carla, susan = clerk(), supervisor()
    prepare(site.pk, DATE, carla, standing(site).seen, "10 over, a refund.")
    assert statuses() == {"prepared"}
    approve(site.pk, DATE, susan, standing(site).seen)
    assert statuses() == {"signed"}
    late(key)
    assert statuses() == {"reopened"}
    assert with_status(SafeDay.objects.all()).filter(status="reopened").count() == 2


def test_what_comes_late_in_whatever_order_ends_in_the_same():
    """The law: status and finding follow from the signature and the figures, not from how these came about."""
    carla, susan = clerk(), supervisor()
    ends = set()
    for number, order in enumerate(itertools.permutations(range(3))):
        code, serial = f"T{number}", f"SR9{number}"
        site, key = traded("100", code=code, serial=serial)
        signed(site, carla, susan)
        acts = (
            lambda key=key, code=code, serial=serial: late(key, "20", code=code, SerialNumber=serial),
            lambda code=code: tell(taking("80", "1", site=code)),
            lambda code=code: tell(taking("40", "1", site=code, cashier="EVE")),
        )
        for act in order:
            acts[act]()
            turn()
        finding = Finding.objects.get(kind="late_after_sign_off", site=site)
        changes = tuple((one["of"], one["figure"], one["now"]) for one in finding.detail["changes"])
        ends.add((standing(site).status, finding.state, finding.cash_at_stake, changes))
    assert len(ends) == 1
    ((status, state, cash, _),) = ends
    # What Eve brought is the largest of the figures that nobody has signed.
    assert (status, state, cash) == ("reopened", "open", Decimal(40))


def test_a_site_without_signatures_asks_nothing_more(django_assert_num_queries):
    from transactions.reconciliation.signing.following import follow_figures

    site = SiteFactory.create(code="S9")
    with django_assert_num_queries(1):
        follow_figures(site, [DATE])
    assert not SignOff.objects.exists()
