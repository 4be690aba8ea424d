"""One box: whatever staff remember of a row leads to it, fast, and only into rooms they may enter."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from safes.estate import place_safe
from safes.models import Finding, Register, Safe, Site
from safes.search import SHOWN
from tests.factories import (
    AdministratorFactory,
    FindingFactory,
    PushEndpointFactory,
    SafeFactory,
    SiteFactory,
    UserFactory,
    body_of,
    cash_in,
    deliver,
)
from tests.safes.people import in_role
from tests.staff import page
from transactions.admin import search as finders
from transactions.models import ChangeOrder, OtherCash, Pickup, SafeDay, SiteDay, Taking, TillDay, Transaction
from transactions.reconciliation.sites.drawing import draw_sites_touched
from transactions.reconciliation.takings.book import Teller
from transactions.reconciliation.takings.keeping import keep
from transactions.reconciliation.takings.other_cash import add_other_cash

pytestmark = pytest.mark.django_db

TODAY = timezone.now().date()


@pytest.fixture
def staff(client):
    client.force_login(AdministratorFactory.create())
    return client


@pytest.fixture
def life():
    """A day of one safe, one till and one courier; the till says 3.50 more than the safe."""
    site = SiteFactory.create(code="S117", name="Main Street", time_zone="UTC")
    place_safe("SR10042", site)
    hour = timezone.now().replace(tzinfo=None) - dt.timedelta(hours=30)

    def row(**changes):
        return cash_in(TransactionDateTime=f"{hour:%Y-%m-%dT%H:%M:%S}", **changes)

    deliver(
        PushEndpointFactory.create(),
        body_of(
            row(Amount=1234.5, Register="41", DepositReferenceNumber="DEP-77", PickupGroupId=9001, Denominations=None),
            row(TransactionType="ChangePurchase", Amount=500, ChangePurchaseNumber="CP-9", Denominations=None),
            row(TransactionType="Servicing", Amount=1234.5, PickupGroupId=9001, Denominations=None),
        ),
    )
    date = SafeDay.objects.earliest("business_date").business_date
    said = {"site": "S117", "business_date": str(date), "register": "41", "amount": "1238", "reference": "Z-Report-5"}
    keep([said], Teller(Taking.Source.API))
    add_other_cash(site, date, OtherCash.Kind.PETTY_CASH, "17.77", "stamps", None)
    draw_sites_touched()
    return date


def find(client, typed: str) -> dict[str, list[str]]:
    """The addresses that were found, by kind."""
    answer = client.get(reverse("admin:find"), {"q": typed})
    assert answer.status_code == 200
    return {group.title: [hit.url for hit in group.hits] for group in answer.context["found"]}


def only(model, **filters) -> str:
    return page(model, "change", model.objects.get(**filters).pk)


def test_a_serial_number_finds_its_safe_and_its_days(staff, life):
    for typed in ("SR10042", "sr10042", " 10042 "):
        assert find(staff, typed)["Safes"] == [only(Safe)]
    assert only(SafeDay, business_date=life) in find(staff, "sr10042")["Safe days"]


def test_a_site_is_found_by_code_and_name_with_its_days(staff, life):
    for typed in ("s117", "main str", "S11"):
        assert find(staff, typed)["Sites"] == [only(Site)]
    assert only(SiteDay, business_date=life, currency="USD") in find(staff, "s117")["Site days"]


def test_a_register_is_found_where_it_is_listed_and_by_its_days(staff, life):
    found = find(staff, "41")
    assert found["Registers"] == [only(Register)]
    assert found["Tills"] == [f"{page(TillDay, 'changelist')}?site=S117&register=41"]
    assert staff.get(found["Tills"][0]).context["cl"].result_count == 1


def test_a_user_of_a_safe_is_found_by_any_part_of_the_name(staff, life):
    [url] = find(staff, "nna")["Users of safes"]
    assert url == f"{page(Transaction, 'changelist')}?user_name=ANNA"
    assert staff.get(url).context["cl"].result_count == 3


@pytest.mark.parametrize("typed", ["1,234.50", "1234.5", "-1234.50", "1234.5 USD", "$1,234.50"])
def test_an_amount_finds_transactions_pickups_and_days(staff, life, typed):
    found = find(staff, typed)
    assert len(found["Transactions"]) == 2
    assert found["Pickups"] == [only(Pickup, pickup_group_id=9001)]
    assert found["Site days"] == [only(SiteDay)]


def test_an_amount_in_another_currency_finds_nothing(staff, life):
    assert find(staff, "1234.5 EUR") == {}


def test_over_short_is_found_without_its_sign(staff, life):
    assert SiteDay.objects.get().variance == Decimal("-3.50")
    assert find(staff, "3.50")["Site days"] == [only(SiteDay)]


def test_references_find_what_they_are_of(staff, life):
    assert find(staff, "DEP-77") == {"Transactions": [only(Transaction, deposit_reference_number="DEP-77")]}
    assert find(staff, "CP-9")["Change orders"] == [only(ChangeOrder)]
    assert find(staff, "Z-Report-5") == {"Takings": [only(Taking)]}
    assert find(staff, "9001")["Pickups"] == [only(Pickup, pickup_group_id=9001)]
    assert find(staff, "17.77") == {"Deposits and petty cash": [only(OtherCash)]}


def test_a_date_finds_the_days_of_that_date(staff, life):
    found = find(staff, life.isoformat())
    assert found["Site days"] == [only(SiteDay)]
    assert found["Safe days"] == [only(SafeDay)]
    assert found["Pickups"] == [only(Pickup, pickup_group_id=9001)]
    assert find(staff, (life - dt.timedelta(days=400)).isoformat()) == {}


def test_open_findings_are_found_and_closed_ones_are_not(staff):
    FindingFactory.create(summary="The door of the vault stood open.", cash_at_stake=Decimal("88.80"), currency="USD")
    FindingFactory.create(
        summary="A vault too.", state="closed", closed_at=timezone.now(), cash_at_stake=Decimal("88.80")
    )
    for typed in ("vault", "88.80", "88.8 usd"):
        assert find(staff, typed) == {"Open findings": [only(Finding, state="open")]}


def test_a_safe_or_a_site_finds_what_is_open_there_and_so_does_the_list(staff):
    site, safe = SiteFactory.create(code="S117"), SafeFactory.create(serial_number="SR10042")
    for place in ({"site": site}, {"safe": safe}):
        FindingFactory.create_batch(SHOWN + 1, summary="Look.", **place)
    for typed in ("s117", "sr10042"):
        answer = staff.get(reverse("admin:find"), {"q": typed})
        [group] = [group for group in answer.context["found"] if group.title == "Open findings"]
        assert len(group.hits) == SHOWN
        assert staff.get(group.all_url).context["cl"].result_count == SHOWN + 1


def test_more_than_fit_are_said_and_a_link_leads_to_all(staff):
    SafeFactory.create_batch(SHOWN + 2)
    answer = staff.get(reverse("admin:find"), {"q": "SR0"})
    [group] = [group for group in answer.context["found"] if group.title == "Safes"]
    assert len(group.hits) == SHOWN
    assert "All of them" in answer.content.decode()
    assert staff.get(group.all_url).context["cl"].result_count == SHOWN + 2


def test_the_page_says_what_was_looked_through_found_or_not(staff, life):
    for typed in ("no such thing", "1234.5"):
        shown = staff.get(reverse("admin:find"), {"q": typed}).content.decode()
        assert f"the latest {finders.LATEST:,} transactions" in shown
    assert (
        "Nothing was found for “no such thing”"
        in staff.get(reverse("admin:find"), {"q": "no such thing"}).content.decode()
    )


def test_only_the_latest_transactions_are_looked_through(staff, life, monkeypatch):
    monkeypatch.setattr(finders, "LATEST", 1)
    assert "Transactions" not in find(staff, "DEP-77")


def test_rooms_that_one_may_not_enter_are_not_looked_through(client, life):
    client.force_login(UserFactory.create())
    for typed in ("SR10042", "1234.5", life.isoformat(), "ANNA"):
        answer = client.get(reverse("admin:find"), {"q": typed})
        assert answer.context["groups"] == []
    client.force_login(in_role("Loyalty desk"))
    assert find(client, "S117").keys() == {"Sites"}
    client.force_login(in_role("Auditor"))
    assert {"Safes", "Safe days"} <= find(client, "SR10042").keys()


def test_what_is_found_can_be_opened_by_who_found_it(client, life):
    client.force_login(in_role("Cash office clerk"))
    asked = ("SR10042", "S117", "41", "ANNA", "1234.5", "500", "DEP-77", "CP-9", "Z-Report-5", "9001", life.isoformat())
    for typed in asked:
        found = find(client, typed)
        assert found, typed
        for url in [url for urls in found.values() for url in urls]:
            assert client.get(url).status_code == 200, url


@pytest.mark.parametrize("typed", ["41", "1,234.50", "ANNA", "S117", "2026-11-20", "500"])
def test_a_search_takes_no_more_than_twenty_five_queries(staff, life, typed, django_assert_max_num_queries):
    with django_assert_max_num_queries(25):
        assert staff.get(reverse("admin:find"), {"q": typed}).status_code == 200


@pytest.mark.parametrize(
    "typed",
    ["", " ", "\x00", "%", "_", "%%%%", "\\", "'; DROP TABLE safes_safe; --", "<script>", "9" * 18, "٧", "-", "$"],
)
def test_strange_questions_find_nothing_and_do_no_harm(staff, life, typed):
    assert find(staff, typed) == {}


def test_ten_thousand_characters_are_refused_with_the_limit(staff, life):
    answer = staff.get(reverse("admin:find"), {"q": "x" * 10_000})
    assert "100 characters at most" in answer.content.decode()
    assert answer.context["groups"] == []
    assert len(answer.content) < 100_000


def test_markup_is_never_taken_for_markup(staff, life):
    SiteFactory.create(code="S9", name="<b>bold</b>")
    assert "<b>bold</b>" not in staff.get(reverse("admin:find"), {"q": "bold"}).content.decode()


def test_transactions_are_looked_for_by_their_newest_numbers_and_not_by_reading_all_of_them(staff):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        rows = Transaction.objects.filter(amount=5, pk__gt=10**9).order_by()
        plan = rows.explain()
    assert "transactions_transaction_pkey" in plan


def test_words_are_looked_for_in_the_latest_findings_and_places_in_all(staff, monkeypatch):
    safe = SafeFactory.create(serial_number="SR10042")
    now = timezone.now()
    FindingFactory.create(summary="The vault.", safe=safe, opened_at=now - dt.timedelta(days=9))
    latest = FindingFactory.create(summary="Another vault.", opened_at=now)
    monkeypatch.setattr("safes.admin.search._READ", 1)
    assert find(staff, "vault")["Open findings"] == [page(Finding, "change", latest.pk)]
    assert find(staff, "sr10042")["Open findings"] == [only(Finding, safe=safe)]
