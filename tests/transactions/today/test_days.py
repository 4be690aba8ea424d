"""Site days on Today: who is asked for what, and that every number leads to the rows it counts."""

from __future__ import annotations

import re

import pytest
import time_machine

from safes.models import Site
from tests.factories import AdministratorFactory, FindingFactory
from tests.transactions.signing.days import DATE, clerk, late, person, standing, supervisor, traded
from tests.transactions.takings.telling import now, taking, tell, turn
from tests.transactions.today.asking import asked, listed
from tests.transactions.today.asking import today as today_page
from transactions.models import SignOff, SiteDay
from transactions.reconciliation.signing.acts import approve, prepare

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def today():
    with now():
        yield


def prepared(site: Site, by, text: str = "") -> None:
    prepare(site.pk, DATE, by, standing(site).seen, text)


def signed(site: Site, by, other, text: str = "") -> None:
    prepared(site, by, text)
    approve(site.pk, DATE, other, standing(site).seen)


@pytest.fixture
def chain():
    """Sites whose day is balanced, short, without takings, prepared, signed and reopened."""
    petra, susan = clerk("petra"), supervisor("sven")
    sites = {
        "balanced": traded("60", "40", code="S1", serial="SR1")[0],
        "short": traded("60", code="S2", serial="SR2")[0],
        "silent": traded("60", takings=None, code="S3", serial="SR3")[0],
        "prepared": traded("100", code="S4", serial="SR4")[0],
        "signed": traded("100", code="S5", serial="SR5")[0],
    }
    reopened, key = traded("100", code="S6", serial="SR6")
    # Takings of another day: without any, nothing is missing at a site.
    tell(taking("1", "1", site="S3", business_date="2026-03-13"))
    prepared(sites["prepared"], petra)
    signed(sites["signed"], petra, susan)
    signed(reopened, petra, susan)
    late(key, code="S6", SerialNumber="SR6")
    turn()
    return sites | {"reopened": reopened}


def codes(client, url: str) -> list[str]:
    return sorted(one.partition(" ")[0] for one in listed(client, url))


def test_a_clerk_is_asked_to_prepare_what_is_over_and_nobody_prepared(client, chain):
    client.force_login(clerk())
    found = asked(client)
    assert codes(client, found["site days to prepare"][1]) == ["S1", "S2", "S3", "S3", "S6"]
    assert found["site days to prepare"][0] == 5
    assert "site day to approve" not in found["quiet"][1]
    assert not any("approve" in words for words in found)


def test_what_is_beyond_the_tolerance_and_what_lacks_takings_is_told_apart(client, chain):
    client.force_login(clerk())
    found = asked(client)
    # S6 has 20 more than its till said; S3 had 1 said of the day before, which is within.
    assert codes(client, found["site days beyond the tolerance"][1]) == ["S2", "S6"]
    assert found["site days beyond the tolerance"][0] == 2
    assert codes(client, found["site day without takings"][1]) == ["S3"]


def test_who_may_enter_takings_is_led_to_the_desk(client, chain):
    desk = '<a href="/admin/transactions/taking/desk/?site=S3&amp;date=2026-03-14">enter them</a>'
    client.force_login(clerk())
    assert desk in today_page(client)
    client.force_login(person("aude", "Auditor"))
    assert "enter them" not in today_page(client)


def test_a_supervisor_is_asked_to_approve_what_another_prepared(client, chain):
    client.force_login(supervisor())
    found = asked(client)
    assert codes(client, found["site day to approve"][1]) == ["S4"]
    assert codes(client, found["site day reopened"][1]) == ["S6"]


def test_nobody_is_asked_to_approve_his_own(client, chain):
    susan = supervisor()
    prepared(chain["balanced"], susan)
    client.force_login(susan)
    assert asked(client)["site day to approve"][0] == 1  # S4 alone
    client.force_login(supervisor("simon"))
    assert codes(client, asked(client)["site days to approve"][1]) == ["S1", "S4"]


def test_an_auditor_reads_the_same_figures(client, chain):
    client.force_login(person("aude", "Auditor"))
    found = asked(client)
    assert codes(client, found["site day to be approved"][1]) == ["S4"]
    assert found["site days to prepare"][0] == 5
    assert not any("of yours" in words for words in [*found, *found["quiet"][1]])


@pytest.mark.parametrize(
    ("role", "desks"),
    [
        ("Cash office clerk", ["Site days", "Findings", "Safes"]),
        ("Supervisor", ["Site days", "Findings", "Safes"]),
        ("Auditor", ["Site days", "Safes"]),
        ("Integration admin", ["Findings", "Deliveries", "Site days", "Safes"]),
    ],
)
def test_each_role_begins_where_it_works(client, chain, role, desks):
    FindingFactory.create(kind="silent_safe")
    if role == "Integration admin":
        FindingFactory.create(kind="feed_failure")
    client.force_login(person("rose", role))
    found = re.findall(r"<h3 [^>]*>([^<]*)</h3>", today_page(client).partition("What needs somebody now")[2])
    assert found[: len(desks)] == desks


def test_a_day_that_goes_on_is_not_asked_for(client):
    with time_machine.travel("2026-03-15T05:59Z", tick=False):
        traded("60", takings=None)
        client.force_login(AdministratorFactory.create())
        assert "site day to prepare" in asked(client)["quiet"][1]
    with time_machine.travel("2026-03-15T06:00Z", tick=False):  # the rollover of the site
        client.force_login(AdministratorFactory.create())
        assert asked(client)["site day to prepare"][0] == 1


def test_what_was_reopened_long_ago_is_not_forgotten(client, chain):
    with time_machine.travel("2026-06-20T12:00Z", tick=False):
        client.force_login(AdministratorFactory.create())
        found = asked(client)
        assert codes(client, found["site day reopened"][1]) == ["S6"]
        assert codes(client, found["site day to approve"][1]) == ["S4"]
        assert "site day to prepare" in found["quiet"][1]  # the list shows 31 days, and so does the number


def test_every_number_leads_to_a_list_of_as_many_rows(client, chain):
    client.force_login(AdministratorFactory.create())
    found = asked(client)
    _, quiet = found.pop("quiet")
    assert found
    for words, (count, url) in found.items():
        assert len(listed(client, url)) == count, words
    assert quiet
    for words, url in quiet.items():
        assert listed(client, url) == [], words


def test_with_something_of_everything_it_takes_twenty_five_queries(client, chain, django_assert_max_num_queries):
    client.force_login(AdministratorFactory.create())
    with django_assert_max_num_queries(25):
        today_page(client)


def test_an_unknown_question_leaves_the_list_as_it_is(client, chain):
    client.force_login(AdministratorFactory.create())
    assert len(listed(client, "/admin/transactions/siteday/?asks=nonsense")) == SiteDay.objects.count()
    assert SignOff.objects.count() == 3
