"""The log of calls, the panel of Today, the search box and the way from a finding: each leads to just what it says."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from loyalty import cards
from loyalty.acting import Actor
from loyalty.admin import panel
from loyalty.bonuses import ledger
from loyalty.models import CardCall, CardEvent, Lot
from safes.accounts import add_account
from safes.findings import Facts, settle
from safes.models import Finding
from tests.factories import AdministratorFactory
from tests.loyalty.making import NUMBER, PHONE, card, contact
from tests.staff import page

pytestmark = pytest.mark.django_db
ADMIN = Actor("admin", "administrator")
AFTER = "4000567856785678"


def call(key: str, *, ago: dt.timedelta = dt.timedelta(), account: str = "till-7") -> CardCall:
    return CardCall.objects.create(
        at=timezone.now() - ago,
        account=account,
        role="till",
        verb="GET",
        path="/api/card/balance/by/••••3412",
        parameters={"NumberOrCode": "••••3412"},
        status=200,
        key=key,
        is_error=key != "OK",
        duration_ms=Decimal("3.4"),
    )


def keys_listed(client: Any, **asked: str) -> list[str]:
    answer = client.get(page(CardCall, "changelist"), asked)
    assert answer.status_code == 200
    return [row.key for row in answer.context["cl"].result_list]


def test_calls_are_found_by_account_key_outcome_and_time(staff):
    call("OK")
    call("CannotFindCardNumber", ago=dt.timedelta(hours=2))
    call("StatusError", ago=dt.timedelta(hours=30), account="site")
    call("CannotFindMobileNumber", ago=dt.timedelta(days=40))
    missed, refused = "CannotFindCardNumber", "StatusError"
    assert keys_listed(staff) == ["OK", missed, refused]
    assert keys_listed(staff, within="day") == ["OK", missed]
    assert keys_listed(staff, within="hour") == ["OK"]
    assert keys_listed(staff, outcome="error") == [missed, refused]
    assert keys_listed(staff, outcome="miss") == [missed]
    assert keys_listed(staff, outcome="ok") == ["OK"]
    assert keys_listed(staff, key=refused) == [refused]
    assert keys_listed(staff, account="site") == [refused]
    assert keys_listed(staff, account="si") == []
    assert "CannotFindMobileNumber" in keys_listed(staff, at_from="2000-01-01")


def test_a_call_is_looked_at_and_not_changed(staff, as_role):
    one = call("CannotFindCardNumber")
    text = staff.get(page(CardCall, "change", one.pk)).content.decode()
    for word in ("CannotFindCardNumber", "till-7", "••••3412", "3.4 ms"):
        assert word in text
    assert staff.post(page(CardCall, "change", one.pk), {"key": "OK"}).status_code == 403
    assert staff.get(page(CardCall, "add")).status_code == 403
    assert as_role("Cash office clerk").get(page(CardCall, "changelist")).status_code == 403
    assert as_role("Loyalty desk").get(page(CardCall, "changelist")).status_code == 200


@pytest.fixture
def a_week(db: None) -> None:
    """Within the week: two cards issued, one activated and blocked; bonuses that go in 3 and in 9 days; calls."""
    with time_machine.travel(timezone.now() - dt.timedelta(days=20), tick=False):
        card("4000777777777777")
    card(of=contact())
    card(AFTER)
    today = timezone.now().date()
    for reference, amount, days in (("p1", 30, 3), ("p2", 50, 7), ("p3", 90, 8), ("p4", 70, 0)):
        ledger.accrue(
            NUMBER,
            Decimal(amount),
            "0",
            today - dt.timedelta(days=9),
            today + dt.timedelta(days=days),
            reference,
            ADMIN,
        )
    ledger.spend(NUMBER, Decimal(30), "s1", ADMIN)
    cards.block(NUMBER, "", "0", ADMIN)
    call("CannotFindCardNumber")
    call("CannotFindMobile", ago=dt.timedelta(hours=20))
    call("StatusError", ago=dt.timedelta(hours=23))
    call("StatusError", ago=dt.timedelta(hours=25))
    call("OK")


def figures(client: Client) -> dict[str, tuple[str, str]]:
    """Number and address by words, of the panel on Today."""
    text = client.get("/admin/").content.decode()
    shown = re.findall(r'<dd><a href="([^"]+)"[^>]*>([^<]+)</a></dd>\s*<dt>([^<]+)</dt>', text)
    quiet = re.findall(r'<li><a href="([^"]+)">([^<]+): none</a></li>', text)
    return {unescape(words): (number, unescape(url)) for url, number, words in shown} | {
        unescape(words): ("0", unescape(url)) for url, words in quiet
    }


def test_each_number_of_the_panel_leads_to_the_list_that_shows_just_these(staff, a_week):
    told = figures(staff)
    assert {words: told[words][0] for words in told if "loyalty" in told[words][1]} == {
        "cards issued": "2",
        "activated": "1",
        "blocked": "1",
        "bonuses expire within 7 days": "50.00",
        "calls refused in 24 h": "3",
        "of them found nothing": "2",
    }
    for words, wanted in (
        ("cards issued", 2),
        ("activated", 1),
        ("blocked", 1),
        ("calls refused in 24 h", 3),
        ("of them found nothing", 2),
    ):
        assert len(rows(staff, told[words][1])) == wanted, words
    lots = rows(staff, told["bonuses expire within 7 days"][1])
    assert sum(lot.remaining for lot in lots) == Decimal(50)
    assert {type(lot) for lot in lots} == {Lot}


def rows(client: Client, url: str) -> list[Any]:
    answer = client.get(url)
    assert answer.status_code == 200
    return list(answer.context["cl"].result_list)


def test_the_panel_is_for_who_may_go_where_it_leads(as_role, a_week):
    assert "cards issued" in figures(as_role("Loyalty desk"))
    assert "cards issued" not in figures(as_role("Cash office clerk"))


def test_the_panel_is_one_query(rf, a_week, django_assert_num_queries):
    request = rf.get("/admin/")
    request.user = AdministratorFactory.create()
    with django_assert_num_queries(1):
        assert len(panel._look(request)["figures"]) == 6


@pytest.mark.parametrize(
    "typed", [NUMBER, "1234", "2341234", "4000 1234 1234 1234", PHONE, "(201) 555-0123", "C100001", "anna", "Berg An"]
)
def test_cards_are_found_by_all_that_a_holder_can_say_and_shown_masked(staff, typed):
    card(of=contact())
    text = staff.get("/admin/find/", {"q": typed}).content.decode()
    assert f"/loyalty/card/{CardEvent.objects.get(what='bound').card_id}/change/" in text
    shown = text.replace(typed, "")
    assert NUMBER not in shown
    assert PHONE not in shown
    assert "Anna Berg" not in shown
    assert "••••1234" in text


def test_a_contact_without_a_card_is_found_and_the_erased_is_not(staff):
    anna = contact()
    assert page(type(anna), "change", anna.pk) in staff.get("/admin/find/", {"q": "Anna"}).content.decode()


@pytest.mark.parametrize("typed", ["1", "2026-11-21", "$ 12.50", "x", "%", "'; --", "\x00", "A" * 100])
def test_what_means_no_card_finds_none_and_breaks_nothing(staff, typed):
    card(of=contact())
    answer = staff.get("/admin/find/", {"q": typed})
    assert answer.status_code == 200
    assert "/loyalty/" not in answer.content.decode().partition("<main")[2].partition("</main>")[0]


def test_cards_are_found_by_who_may_see_them(as_role):
    card(of=contact())
    assert "••••1234" not in as_role("Incident desk").get("/admin/find/", {"q": NUMBER}).content.decode()
    assert "••••1234" in as_role("Auditor").get("/admin/find/", {"q": NUMBER}).content.decode()


def test_a_finding_of_probing_leads_to_what_the_account_did_not_find(staff):
    account, _, _ = add_account("till-7", "till")
    call("CannotFindCardNumber")
    call("StatusError")
    call("CannotFindCardNumber", account="other")
    settle("card_probing", {"till-7": Facts(summary="It tries numbers.", detail={"account": "till-7", "misses": 700})})
    text = unescape(staff.get(page(Finding, "change", Finding.objects.get().pk)).content.decode())
    url = f"{page(CardCall, 'changelist')}?account=till-7&outcome=miss"
    assert url in text
    assert page(type(account), "change", account.pk) in text
    assert [row.account for row in rows(staff, url)] == ["till-7"]
