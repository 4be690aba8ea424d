"""What is signed nobody changes by hand; what machines send is taken, and opens the day."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from safes.models import Safe
from tests.transactions.signing.days import DATE, clerk, signed, standing, supervisor, traded
from tests.transactions.takings.telling import DAY, now, taking, tell, turn
from transactions.models import OtherCash, PhysicalCount, Taking
from transactions.reconciliation.counts.keeping import Said, enter_count, withdraw_count
from transactions.reconciliation.signing.acts import reopen
from transactions.reconciliation.takings.book import Teller
from transactions.reconciliation.takings.keeping import Refused, enter, keep, mistakes, withdraw
from transactions.reconciliation.takings.other_cash import add_other_cash, withdraw_other_cash

pytestmark = pytest.mark.django_db

FROZEN = f"S1 has signed {DAY}: a supervisor has to reopen that day, with the reason, first."
YESTERDAY = "2026-03-13"


@pytest.fixture(autouse=True)
def _now():
    with now():
        yield


@pytest.fixture
def people():
    return clerk(), supervisor()


def typed(user):
    return Teller(Taking.Source.TYPED, user_id=user.pk)


def test_takings_of_a_signed_day_are_not_typed_in_changed_moved_or_withdrawn(people):
    carla, susan = people
    site, _ = traded("100")
    signed(site, carla, susan)
    stored = Taking.objects.get()
    rows = [taking("90", "1"), taking("10", "2")]
    for row in rows:
        with pytest.raises(Refused) as refused:
            enter(row, typed(carla), stored.pk if row["register"] == "1" else None)
        assert refused.value.by_row[0] == {"business_date": [FROZEN]}
        assert mistakes(row, stored.pk if row["register"] == "1" else None) == {"business_date": [FROZEN]}
    with pytest.raises(Refused):
        enter(taking("100", "1", business_date=YESTERDAY), typed(carla), stored.pk)
    with pytest.raises(ValueError, match="has signed"):
        withdraw(stored.pk, "A mistake.")
    stored.refresh_from_db()
    assert (stored.amount, stored.withdrawn_at, stored.business_date) == (Decimal(100), None, DATE)
    assert Taking.objects.count() == 1


def test_a_table_of_takings_is_refused_where_it_says_something_of_a_signed_day(people):
    carla, susan = people
    site, _ = traded("100", takings=None)
    tell(taking("100", "1", reference="R1"))
    signed(site, carla, susan)
    upload = Teller(Taking.Source.UPLOAD, user_id=carla.pk)
    other_day = taking("5", "1", business_date=YESTERDAY)
    outcomes = keep([taking("7", "2"), other_day], upload, good_rows=True)
    assert [one.errors for one in outcomes] == [{"business_date": [FROZEN]}, {}]
    # The reference would take the cash away from the signed day.
    with pytest.raises(Refused):
        keep([taking("100", "1", reference="R1", business_date=YESTERDAY)], upload)
    assert standing(site).status == "signed"


def test_what_a_till_system_sends_is_taken_and_opens_the_day(people):
    site, _ = traded("100")
    signed(site, *people)
    tell(taking("90", "1"))
    turn()
    assert standing(site).status == "reopened"


def test_deposits_and_petty_cash_of_a_signed_day_stay_as_they_are(people):
    carla, susan = people
    site, _ = traded("100")
    line = add_other_cash(site, DAY, OtherCash.Kind.DEPOSIT, "3", "bag 7", carla)
    turn()
    signed(site, carla, susan)
    with pytest.raises(ValidationError) as refused:
        add_other_cash(site, DAY, OtherCash.Kind.PETTY_CASH, "3", "stamps", carla)
    assert refused.value.message_dict == {"business_date": [FROZEN]}
    with pytest.raises(ValueError, match="has signed"):
        withdraw_other_cash(line.pk, carla, "A mistake.")


def test_an_opening_of_a_signed_day_is_neither_counted_nor_withdrawn_but_a_check_may_be(people):
    carla, susan = people
    site, _ = traded("100")
    safe = Safe.objects.get()

    def said(use: str) -> Said:
        return Said("contents", use, DATE, "USD", Decimal(50))

    count = enter_count(safe, said(PhysicalCount.Use.OPENING), carla)
    turn()
    signed(site, carla, susan)
    with pytest.raises(ValueError, match="has signed"):
        withdraw_count(count.pk, "A mistake.", carla)
    enter_count(safe, said(PhysicalCount.Use.CHECK), carla)
    other = Said("inventory", PhysicalCount.Use.OPENING, DATE, "USD", Decimal(50))
    with pytest.raises(ValidationError) as refused:
        enter_count(safe, other, carla)
    assert refused.value.message_dict == {"business_date": [FROZEN]}


def test_reopened_with_a_reason_it_may_be_changed(people):
    carla, susan = people
    site, _ = traded("100")
    signed(site, carla, susan)
    reopen(site.pk, DATE, susan, "Till 1 told the wrong amount.")
    enter(taking("90", "1"), typed(carla), Taking.objects.get().pk)
    assert Taking.objects.get().amount == 90
