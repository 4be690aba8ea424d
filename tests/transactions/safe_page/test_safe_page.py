"""The page of a safe: its month as squares, a day as it went, what is in it; each by permission and in few queries."""

from __future__ import annotations

import datetime as dt
import re
from html import unescape

import pytest
from django.contrib.auth.models import Permission

from safes.models import Safe, Site
from tests.factories import AdministratorFactory, FindingFactory, UserFactory
from tests.staff import page
from tests.transactions.holding.telling import Sender, came, count, fetched
from tests.transactions.pushing import draw_all
from tests.transactions.signing.days import DATE, clerk, late, person, standing, supervisor, traded
from tests.transactions.takings.telling import now
from transactions.admin.safe_page import timeline
from transactions.models import AuditEvent, SafeDay, Transaction
from transactions.reconciliation.signing.acts import approve, prepare

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def today():
    with now():
        yield


@pytest.fixture
def safe():
    traded("100", serial="SR10042")
    return Safe.objects.get(serial_number="SR10042")


@pytest.fixture
def staff(client):
    client.force_login(AdministratorFactory.create())
    return client


def shown(client, safe: Safe, **asked: str) -> str:
    answer = client.get(page(Safe, "change", safe.pk), asked)
    assert answer.status_code == 200
    return str(answer.content.decode())


def square(text: str, date: str) -> tuple[str, str, str]:
    """The class, the title and the sign of a date's square."""
    found = re.search(
        rf'<(?:a|span) class="([^"]*)"[^>]*? title="({date}: [^"]*)"[^>]*>(.*?)</(?:a|span)></td>', text, re.DOTALL
    )
    assert found is not None
    classes, title, inside = found.groups()
    signs = re.findall(r"staff-square-sign\">([^<]*)<", inside)
    return classes.strip(), unescape(title), "".join(signs)


# --- the calendar -------------------------------------------------------------------------------------------------


def test_a_day_shows_how_it_stands_by_a_sign_and_a_title(staff, safe):
    site, petra, susan = Site.objects.get(), clerk("petra"), supervisor()
    assert square(shown(staff, safe), "2026-03-14") == (
        "staff-square staff-square-open", "2026-03-14: open; 100.00 USD at close", "O",
    )  # fmt: skip
    prepare(site.pk, DATE, petra, standing(site).seen)
    assert square(shown(staff, safe), "2026-03-14")[2] == "P"
    approve(site.pk, DATE, susan, standing(site).seen)
    assert square(shown(staff, safe), "2026-03-14")[1:] == ("2026-03-14: signed; 100.00 USD at close", "✓")


def test_what_changed_after_the_signature_shows_as_reopened_with_differences(staff):
    site, key = traded("100")
    prepare(site.pk, DATE, clerk(), standing(site).seen)
    approve(site.pk, DATE, supervisor(), standing(site).seen)
    late(key)
    _, title, sign = square(shown(staff, Safe.objects.get()), "2026-03-14")
    assert sign == "R!"
    assert "its site is over or short" in title


def test_an_open_finding_marks_its_day_and_a_day_without_anything_says_so(staff, safe):
    FindingFactory.create(safe=safe, business_date="2026-03-12")
    FindingFactory.create(safe=safe, business_date="2026-03-14", state="closed", closed_at="2026-03-15T00:00Z")
    text = shown(staff, safe)
    assert square(text, "2026-03-12")[1:] == ("2026-03-12: no transactions; 1 open finding", "!")
    assert square(text, "2026-03-14")[2] == "O"
    assert square(text, "2026-03-13")[1:] == ("2026-03-13: no transactions", "")


def test_each_square_leads_to_its_day_and_a_day_in_two_currencies_to_both(staff, safe):
    text = shown(staff, safe)
    assert f'href="{page(SafeDay, "change", SafeDay.objects.get().pk)}"' in text
    euros = [{"UnitValue": 20.0, "Count": 1, "Currency": "EUR"}]
    Sender().tells(came("14 10:00", "20.00", Denominations=euros, PickupGroupId=51200311))
    draw_all()
    assert SafeDay.objects.count() == 2
    found = re.search(r'href="([^"]*)" title="2026-03-14: open; 20.00 EUR, 100.00 USD at close"', shown(staff, safe))
    assert found is not None
    assert staff.get(unescape(found[1])).context["cl"].result_count == 2


def test_months_are_turned_and_nonsense_shows_the_latest(staff, safe):
    text = shown(staff, safe, month="2026-02")
    assert "February 2026" in text
    assert "?month=2026-01#calendar" in text
    assert "?month=2026-03#calendar" in text
    for nonsense in ("", "2026", "2026-13", "x" * 5000, "9999-12", "0001-01", "\x00"):
        assert "March 2026" in shown(staff, safe, month=nonsense)


# --- a day as it went ---------------------------------------------------------------------------------------------


def times(text: str) -> list[str]:
    return re.findall(r'<td class="staff-figures">(\d\d:\d\d:\d\d)</td>', text)


def test_drops_doors_and_log_ins_stand_in_the_order_of_the_clock(staff, safe):
    Sender().tells(
        came("14 07:00", TransactionType="Logon", Amount=None),
        came("14 09:00", TransactionType="DoorOpened", Amount=None, DoorName="Upper"),
        fetched("14 09:05", "100.00", PickupGroupId=51200311),
        came("15 09:00", "1.00"),
    )
    draw_all()
    text = shown(staff, safe, day="2026-03-14")
    assert times(text) == ["07:00:00", "08:00:01", "09:00:00", "09:05:00"]
    for row in [*Transaction.objects.filter(business_date=DATE), *AuditEvent.objects.all()]:
        assert page(type(row), "change", row.pk) in text
    assert "door Upper" in text
    assert times(shown(staff, safe)) == ["09:00:00"]  # the last day it has


def test_the_day_before_and_after_and_any_other_are_a_click_away(staff, safe):
    text = shown(staff, safe, day="2026-03-14", month="2026-02")
    assert "?day=2026-03-13&amp;month=2026-02#timeline" in text
    assert "?day=2026-03-15&amp;month=2026-02#timeline" in text
    assert "Nothing is known of 2026-01-01" in shown(staff, safe, day="2026-01-01")
    for nonsense in ("today", "2026-02-30", "0001-01-01", "9" * 999, "\x00"):
        assert times(shown(staff, safe, day=nonsense)) == ["08:00:01"]


def test_a_long_day_is_cut_and_says_so(staff, safe, monkeypatch, django_assert_max_num_queries):
    Sender().tells(*(came(f"14 10:{minute:02}", "1.00") for minute in range(8)))
    draw_all()
    monkeypatch.setattr(timeline, "SHOWN", 5)
    text = shown(staff, safe, day="2026-03-14")
    assert len(times(text)) == 5
    assert "Cut after 5 lines" in text


def test_what_is_not_counted_is_struck_out(staff, safe):
    Transaction.objects.update(counted=False)
    assert "<s>100.00 USD</s> not counted" in shown(staff, safe)


# --- what is in it ------------------------------------------------------------------------------------------------


def test_a_count_shows_how_it_came_out_against_the_books(staff, safe):
    count(safe, "100", DATE)
    assert "agrees with the books" in shown(staff, safe)
    count(safe, "90", DATE)
    assert "differs by -10.00 USD" in shown(staff, safe)


def test_a_safe_of_which_nothing_is_known_says_so(staff):
    text = shown(staff, Safe.objects.create(serial_number="NEW"))
    assert "Nothing is known of what is in it" in text
    assert "Nothing is known of 2026-03-20" in text


# --- who, and at what cost ----------------------------------------------------------------------------------------


def test_each_sees_the_panels_of_rooms_that_are_open_to_them(client, safe):
    somebody = UserFactory.create()
    client.force_login(somebody)
    assert client.get(page(Safe, "change", safe.pk)).status_code == 403
    somebody.user_permissions.set(Permission.objects.filter(codename="view_safe"))
    text = shown(client, safe)
    for panel in ("In it now", "Its days", "A day as it went", "100.00 USD"):
        assert panel not in text
    client.force_login(person("ivan", "Incident desk"))
    text = shown(client, safe)
    assert "A day as it went" in text
    assert "In it now" not in text
    client.force_login(person("aude", "Auditor"))
    text = shown(client, safe)
    assert "In it now" in text
    assert "Enter a count" not in text
    client.force_login(clerk("carlo"))
    assert "Enter a count" in shown(client, safe)


def test_the_page_takes_few_queries_whatever_the_safe_has(staff, safe, django_assert_max_num_queries):
    Sender().tells(
        *(came(f"{day:02} {hour:02}:00", "1.00", PickupGroupId=day) for day in range(1, 19) for hour in (9, 10)),
        *(fetched(f"{day:02} 12:00", "2.00", PickupGroupId=day) for day in range(1, 18)),
    )
    draw_all()
    for number in range(5):
        count(safe, str(number), DATE - dt.timedelta(days=number))
    with django_assert_max_num_queries(25):
        shown(staff, safe, day="2026-03-14", month="2026-03")
