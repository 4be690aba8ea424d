"""Findings in the staff site: settled with a word why, talked about, taken on."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from django.contrib.auth.models import User

from safes.findings import Facts, settle
from safes.models import Finding
from tests.factories import AdministratorFactory, FindingFactory, SafeFactory, UserFactory
from tests.staff import page
from transactions.models import Transaction

pytestmark = pytest.mark.django_db


@pytest.fixture
def user():
    return AdministratorFactory.create()


@pytest.fixture
def staff(client, user):
    client.force_login(user)
    return client


@pytest.fixture
def finding() -> Finding:
    settle("possible_twin", {"SR1": Facts(summary="Twice?", cash_at_stake=Decimal(20), detail={"key_count": 1})})
    return Finding.objects.get()


def notes(finding: Finding) -> list[tuple[str, str, str]]:
    return list(finding.notes.values_list("by", "what", "text"))


def test_settling_takes_a_finding_off_the_queue_with_who_and_why(staff, user, finding):
    response = staff.post(page(Finding, "settle", finding.pk), {"comment": "The site saw it once."})
    assert response["Location"] == page(Finding, "change", finding.pk)
    finding.refresh_from_db()
    assert (finding.state, finding.closed_by) == ("closed", user.username)
    assert notes(finding)[-1] == (user.username, "settled", "The site saw it once.")
    assert "The site saw it once." in staff.get(response["Location"]).content.decode()


@pytest.mark.parametrize("comment", ["", "   ", "\n"])
def test_settling_needs_a_comment(staff, finding, comment):
    response = staff.post(page(Finding, "settle", finding.pk), {"comment": comment})
    assert response.status_code == 200
    assert "a comment is needed" in response.content.decode()
    finding.refresh_from_db()
    assert finding.state == "open"


def test_opening_the_page_that_settles_settles_nothing(staff, finding):
    assert staff.get(page(Finding, "settle", finding.pk)).status_code == 200
    finding.refresh_from_db()
    assert finding.state == "open"


def test_settling_what_was_settled_already_says_so_and_changes_nothing(staff, finding):
    for word in ("first", "second"):
        answer = staff.post(page(Finding, "settle", finding.pk), {"comment": word}, follow=True)
    assert "was closed already" in answer.content.decode()
    assert [text for _, what, text in notes(finding) if what == "settled"] == ["first"]


def test_a_comment_is_kept_and_leaves_the_finding_open(staff, user, finding):
    staff.post(page(Finding, "comment", finding.pk), {"comment": " Asked the site. "})
    finding.refresh_from_db()
    assert finding.state == "open"
    assert notes(finding)[-1] == (user.username, "commented", "Asked the site.")


def test_a_finding_is_taken_on_and_given_back(staff, user, finding):
    clerk = UserFactory.create()
    staff.post(page(Finding, "hand_over", finding.pk), {"owner": clerk.pk})
    finding.refresh_from_db()
    assert finding.owner == clerk
    staff.post(page(Finding, "hand_over", finding.pk), {"owner": ""})
    finding.refresh_from_db()
    assert finding.owner is None
    assert [(what, text) for _, what, text in notes(finding)][-2:] == [
        ("assigned", f"To {clerk.username}."),
        ("assigned", "To nobody."),
    ]


def test_a_finding_is_given_to_living_staff_only(staff, finding):
    gone, customer = UserFactory.create(is_active=False), User.objects.create_user("no-staff")
    for user in (gone, customer):
        assert staff.post(page(Finding, "hand_over", finding.pk), {"owner": user.pk}).status_code == 200
    finding.refresh_from_db()
    assert finding.owner is None


def test_the_list_shows_what_is_open_unless_asked_for_the_rest(staff):
    FindingFactory.create(subject="open one")
    FindingFactory.create(
        subject="closed one", state="closed", closed_at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC), closed_by="x"
    )

    def shown(**query: str) -> set[str]:
        return {row.subject for row in staff.get(page(Finding, "changelist"), query).context["cl"].result_list}

    assert shown() == shown(state="nonsense") == {"open one"}
    assert shown(state="closed") == {"closed one"}
    assert shown(state="all") == {"open one", "closed one"}


def test_a_finding_leads_to_what_it_is_about(staff):
    safe = SafeFactory.create()
    finding = FindingFactory.create(kind="possible_twin", safe=safe, business_date=dt.date(2026, 11, 2))
    shown = staff.get(page(Finding, "change", finding.pk)).content.decode()
    assert f"{page(Transaction, 'changelist')}?business_date_from=2026-11-02&amp;serial_number={safe}" in shown


def test_an_act_on_a_finding_that_is_not_there_is_404(staff):
    for act in ("settle", "comment", "hand_over"):
        for pk in (999_999, "no-number", "9" * 30):
            assert staff.post(page(Finding, act, pk), {"comment": "x"}).status_code == 404
