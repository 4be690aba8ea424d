"""The takings desk: a site's registers on one sheet, all of it kept or nothing, each mistake in its place."""

from __future__ import annotations

import re
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse

from safes.models import Register, Site
from tests.factories import AdministratorFactory, RegisterFactory, UserFactory
from tests.transactions.pushing import drop, say
from tests.transactions.signing.days import DATE, clerk, standing, supervisor, traded
from tests.transactions.takings.telling import now, taking, tell, turn
from transactions.models import SiteDay, Taking, TillDay
from transactions.reconciliation.signing.acts import approve, prepare
from transactions.reconciliation.takings.book import Teller
from transactions.reconciliation.takings.desk import Line, SheetRefused, keep_sheet, next_without_takings, sheet_of
from transactions.reconciliation.takings.keeping import withdraw

pytestmark = pytest.mark.django_db

TYPED = Teller(Taking.Source.TYPED)


@pytest.fixture(autouse=True)
def today():
    with now():
        yield


@pytest.fixture
def site() -> Site:
    """Registers 1, 2 and 10; the safe has 100 from the first, 50 from the second, told by two people, none of them has
    takings."""
    site, key = traded("60", "40", takings=None)
    RegisterFactory.create(site=site, code="2")
    RegisterFactory.create(site=site, code="10")
    say(key, [drop(50, "30", Register="2"), drop(51, "20", Register="2", UserName="BEN")], name="loomis-S1")
    turn()
    return site


@pytest.fixture
def staff(client):
    client.force_login(AdministratorFactory.create())
    return client


def desk(site: str = "S1", date: object = DATE) -> str:
    return f"{reverse('admin:transactions_taking_desk')}?site={site}&date={date}"


def rows(site: Site) -> list[tuple[Any, ...]]:
    return [(row.register, row.cashier, row.safe, row.amount) for row in sheet_of(site, DATE).rows]


def form(client, address: str = "") -> dict[str, str]:
    """The fields of the page as a browser sends them."""
    text = client.get(address or desk()).content.decode()
    inputs = re.findall(r"<input [^>]*>", text.partition('id="takings-desk"')[2])
    found = {}
    for one in inputs:
        name, value = re.search(r'name="([^"]*)"', one), re.search(r'value="([^"]*)"', one)
        if name is not None:
            found[name[1]] = unescape(value[1]) if value else ""
    return found


def amounts() -> dict[tuple[str, str], Decimal]:
    return {(one.register.code, one.cashier): one.amount for one in Taking.objects.select_related("register")}


# --- the sheet ----------------------------------------------------------------------------------------------------


def test_every_till_has_a_line_with_what_the_safes_have_from_it(site):
    assert rows(site) == [("1", "", 100, None), ("2", "", 50, None), ("10", "", None, None)]


def test_where_takings_tell_cashiers_apart_the_lines_do_too(site):
    tell(taking("30", "2", cashier="ANNA BECK", business_date="2026-03-13"))
    assert rows(site) == [
        ("1", "ANNA BECK", 100, None), ("2", "ANNA BECK", 30, None), ("2", "BEN", 20, None), ("10", "", None, None),
    ]  # fmt: skip


def test_takings_stand_in_their_lines_and_the_rest_of_their_register_beside_them(site):
    tell(taking("31", "2", cashier="Ben"), taking("99", "1"), taking("1", "1", reference="Z 2"), taking("5", "77"))
    turn()
    found: dict[Any, Any] = {
        (row.register, row.cashier, row.reference): (row.safe, row.amount, row.variance)
        for row in sheet_of(site, DATE).rows
    }
    assert found["2", "Ben", ""] == (20, 31, -11)
    assert found["2", "ANNA BECK", ""] == (30, None, None)
    assert found["1", "", ""] == (100, 99, 0)  # 99 and 1 are two takings of one till
    assert found["1", "", "Z 2"] == (None, 1, None)
    assert found["77", "", ""][1] == 5


def test_what_was_withdrawn_is_no_line(site):
    (outcome,) = tell(taking("99", "1"))
    assert outcome.taking is not None
    withdraw(outcome.taking.pk, "twice")
    turn()
    assert rows(site)[0] == ("1", "", 100, None)


# --- keeping ------------------------------------------------------------------------------------------------------


def test_a_sheet_is_typed_and_its_day_comes_out(staff, site):
    said = form(staff) | {"amount-0": "100.00", "amount-1": "45", "reference-1": "Z 17"}
    answer = staff.post(desk(), said, follow=True)
    assert answer.redirect_chain == [(desk(), 302)]
    assert "2 takings kept." in answer.content.decode()
    assert amounts() == {("1", ""): 100, ("2", ""): 45}
    assert SiteDay.objects.filter(takings=145, variance=5).count() == 1
    assert "+5.00" in answer.content.decode()
    assert Taking.objects.get(reference="Z 17").source == "typed"


def test_the_same_sheet_again_changes_nothing(staff, site):
    staff.post(desk(), form(staff) | {"amount-0": "100", "amount-1": "45"})
    changed = set(Taking.objects.values_list("changed_at", flat=True))
    answer = staff.post(desk(), form(staff), follow=True)
    assert "Nothing was changed." in answer.content.decode()
    assert set(Taking.objects.values_list("changed_at", flat=True)) == changed
    assert Taking.history.count() == 2


def test_takings_are_put_right_in_their_line(staff, site):
    tell(taking("99", "1", reference="Z 1"))
    turn()
    said = form(staff)
    assert (said["amount-0"], said["reference-0"]) == ("99.00", "Z 1")
    assert staff.post(desk(), said | {"amount-0": "100", "reference-0": "Z 3"}).status_code == 302
    assert Taking.objects.get().reference == "Z 3"
    assert amounts() == {("1", ""): 100}


def test_a_register_that_nobody_knows_is_named_in_a_free_line(staff, site):
    said = form(staff) | {"register-3": "KIOSK", "cashier-3": "Zoé", "amount-3": "12.5"}
    assert staff.post(desk(), said).status_code == 302
    assert amounts() == {("KIOSK", "Zoé"): Decimal("12.5")}
    assert not Register.objects.get(code="KIOSK").confirmed


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"amount-1": "much"}, "That is not an amount: write 1560.00"),
        ({"amount-1": "1,560.00"}, "without separators"),
        ({"amount-1": "-5"}, "It is negative"),
        ({"amount-1": "1.00001"}, "more than four decimals"),
        ({"amount-1": "9" * 5000}, "That is not an amount"),
        ({"amount-1": "", "reference-1": "Z 1"}, "Give the amount"),
        ({"amount-1": "5", "reference-1": "x" * 101}, "longer than 100 characters"),
        ({"amount-1": "5\x00"}, "That is not an amount"),
        ({"amount-3": "5"}, "Give the register."),
        ({"amount-3": "5", "register-3": "1"}, "There are such takings already"),
        ({"amount-1": "5", "reference-1": "Z 9"}, "There are such takings already"),
        ({"amount-1": "5", "taking-1": "9" * 30}, None),
        ({"amount-1": "5", "taking-1": "4711"}, "withdrawn, or moved to another day, meanwhile"),
    ],
)
def test_a_wrong_line_is_told_in_its_place_and_nothing_is_half_kept(staff, site, changes, sentence):
    tell(taking("7", "10", reference="Z 9", business_date="2026-03-12"))
    answer = staff.post(desk(), form(staff) | {"amount-0": "100"} | changes)
    if sentence is None:
        assert answer.status_code == 302
        return
    assert answer.status_code == 200
    number = next(iter(changes)).rpartition("-")[2]
    text = answer.content.decode()
    assert "Nothing was kept: 1 line is wrong." in text
    beside = re.search(rf'id="wrong-{number}">([^<]*)<', text)
    assert beside is not None
    assert sentence in unescape(beside[1])
    assert 'name="amount-0" value="100"' in text  # what was right is not typed again
    assert Taking.objects.count() == 1


def test_takings_are_not_emptied(staff, site):
    tell(taking("99", "1"))
    turn()
    answer = staff.post(desk(), form(staff) | {"amount-0": " "})
    assert "withdraw them, with a word why" in answer.content.decode()
    assert amounts() == {("1", ""): 99}


def test_whoever_is_second_is_told_and_overwrites_nothing(staff, site):
    tell(taking("99", "1"))
    turn()
    mine = form(staff)
    tell(taking("98", "1"))  # another system, meanwhile
    answer = staff.post(desk(), mine | {"amount-0": "100"})
    assert "Somebody has made it 98.00 meanwhile" in answer.content.decode()
    assert amounts() == {("1", ""): 98}
    # Who changes another line is not bothered with it.
    assert staff.post(desk(), form(staff) | {"amount-1": "50"}).status_code == 302


def test_two_who_type_a_new_line_keep_one(staff, site):
    mine = form(staff)
    tell(taking("98", "1"))
    answer = staff.post(desk(), mine | {"amount-0": "100"})
    assert "There are such takings already" in answer.content.decode()
    assert amounts() == {("1", ""): 98}


def test_a_signed_day_says_so_and_takes_nothing(staff, site):
    open_form = form(staff)
    prepare(site.pk, DATE, clerk(), standing(site).seen, "Takings come later.")
    approve(site.pk, DATE, supervisor(), standing(site).seen)
    text = staff.get(desk()).content.decode()
    assert "S1 has signed 2026-03-14: a supervisor has to reopen that day" in text
    assert "Save" not in text.partition('id="takings-desk"')[2]
    answer = staff.post(desk(), open_form | {"amount-0": "100"})
    assert answer.status_code == 200
    assert "S1 has signed 2026-03-14" in answer.content.decode()
    assert not Taking.objects.exists()


def test_a_sheet_that_is_wrong_in_two_lines_says_both(site):
    lines = [Line("1", "", "a", ""), Line("2", "", "5", ""), Line("10", "", "-1", "")]
    with pytest.raises(SheetRefused) as refused:
        keep_sheet(site, DATE, lines, TYPED)
    assert set(refused.value.errors) == {0, 2}
    assert not Taking.objects.exists()


# --- which day ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ("", ""),
        ("?site=NOWHERE&date=2026-03-14", "There is no site NOWHERE"),
        ("?site=%00&date=2026-03-14", "There is no site"),
        ("?site=S1&date=yesterday", "Give the business date, as 2026-11-21."),
        ("?site=S1&date=1999-12-31", "The date lies between 2000-01-01 and 2026-03-21."),
        ("?site=S1&date=2026-03-22", "The date lies between 2000-01-01 and 2026-03-21."),
        ("?site=S1", "Give the business date"),
        ("?date=2026-03-14", "Choose a site."),
    ],
)
def test_a_day_that_there_is_not_is_asked_for_again(staff, site, asked, sentence):
    address = f"{reverse('admin:transactions_taking_desk')}{asked}"
    for answer in (staff.get(address), staff.post(address, {"lines": "1", "amount-0": "1"})):
        assert answer.status_code == 200
        text = answer.content.decode()
        assert sentence in text
        assert "takings-desk" not in text
    assert not Taking.objects.exists()


def test_codes_of_sites_are_found_whatever_their_case(staff, site):
    assert "Takings of S1" in staff.get(desk("s1")).content.decode()


def test_the_next_site_without_takings_is_a_click_away(staff, site):
    assert next_without_takings(site, DATE) is None
    other, _ = traded("60", takings=None, code="S2", serial="SR2")
    traded("60", code="S3", serial="SR3")  # which has takings
    assert next_without_takings(site, DATE) == other
    assert next_without_takings(other, DATE) == site
    assert desk("S2").replace("&", "&amp;") in staff.get(desk()).content.decode()


@pytest.mark.parametrize("lines", ["", "-1", "x", "٣", "9" * 400])
def test_a_form_that_was_tampered_with_keeps_nothing(staff, site, lines):
    assert staff.post(desk(), {"lines": lines}).status_code in (200, 302)
    assert not Taking.objects.exists()


# --- who, and at what cost ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "may"),
    [("Cash office clerk", True), ("Supervisor", True), ("Auditor", False), ("Integration admin", False)],
)
def test_who_enters_takings_has_the_desk(client, site, role, may):
    somebody = UserFactory.create()
    somebody.groups.set(Group.objects.filter(name=role))
    client.force_login(somebody)
    assert client.get(desk()).status_code == (200 if may else 403)
    posted = client.post(desk(), {"lines": "1", "register-0": "1", "amount-0": "5"})
    assert posted.status_code == (302 if may else 403)
    assert Taking.objects.exists() == may
    assert (desk().partition("?")[0] in client.get(reverse("admin:index")).content.decode()) == may


def test_the_anonymous_are_sent_to_the_log_in(client, site):
    assert client.get(desk())["Location"].startswith(reverse("admin:login"))


def test_a_long_sheet_takes_few_queries(staff, site, django_assert_max_num_queries):
    tell(*(taking("5", f"R{number}", cashier="ANNA") for number in range(60)))
    turn()
    with django_assert_max_num_queries(20):
        assert staff.get(desk()).status_code == 200
    assert TillDay.objects.count() > 60
