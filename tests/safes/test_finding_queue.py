"""The queue: what needs somebody most stands first, and everybody finds what is theirs."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from pathlib import Path

import pytest
from django.utils import timezone

from config.data_dir import CHECKOUT
from safes.admin.finding_leads import LEADS
from safes.models import Finding, Site
from tests.factories import AdministratorFactory, FindingFactory, SiteFactory, UserFactory
from tests.staff import page

pytestmark = pytest.mark.django_db


@pytest.fixture
def me(client):
    person = AdministratorFactory.create()
    client.force_login(person)
    return person


def listed(client, **query: str) -> list[str]:
    return [row.subject for row in client.get(page(Finding, "changelist"), query).context["cl"].result_list]


def opened(subject: str, severity: str, cash: int | None, days: int) -> None:
    FindingFactory.create(
        subject=subject,
        severity=severity,
        cash_at_stake=None if cash is None else Decimal(cash),
        opened_at=timezone.now() - dt.timedelta(days=days),
    )


def test_the_worst_stands_first_then_the_dearest_then_the_oldest(client, me):
    opened("info, dear", "info", 9000, 30)
    opened("warning, cheap, young", "warning", 5, 1)
    opened("warning, cheap, old", "warning", 5, 9)
    opened("warning, dear", "warning", 500, 1)
    opened("warning, no cash", "warning", None, 60)
    opened("critical", "critical", None, 0)
    assert listed(client) == [
        "critical",
        "warning, dear",
        "warning, cheap, old",
        "warning, cheap, young",
        "warning, no cash",
        "info, dear",
    ]


def test_a_click_on_severity_sorts_by_weight_and_not_by_the_alphabet(client, me):
    for severity in ("info", "warning", "critical"):
        opened(severity, severity, None, 0)
    assert listed(client, o="1") == ["info", "warning", "critical"]
    assert listed(client, o="-1") == ["critical", "warning", "info"]


def test_mine_and_nobodys_are_a_filter_and_mine_are_of_whoever_asks(client, me):
    other = UserFactory.create()
    for subject, owner in (("mine", me), ("another's", other), ("nobody's", None)):
        FindingFactory.create(subject=subject, owner=owner)
    assert listed(client, owner="me") == ["mine"]
    assert listed(client, owner="nobody") == ["nobody's"]
    assert listed(client, owner=str(other.pk)) == ["another's"]
    assert len(listed(client, owner="x")) == len(listed(client)) == 3


def test_the_list_asks_for_no_timeline(client, me, django_assert_max_num_queries):
    FindingFactory.create_batch(3)
    with django_assert_max_num_queries(15) as queries:
        listed(client)
    assert not any("safes_findingnote" in query["sql"] for query in queries)


KINDS = re.findall(r"^### `(\w+)`$", Path(CHECKOUT / "docs/operations.md").read_text(), re.MULTILINE)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_leads_to_its_rows(kind):
    assert kind in LEADS


def test_a_finding_of_a_site_leads_to_the_site(client, me):
    site = SiteFactory.create()
    finding = FindingFactory.create(kind="till_variance", site=site, business_date=dt.date(2026, 11, 2))
    shown = client.get(page(Finding, "change", finding.pk)).content.decode()
    assert page(Site, "change", site.pk) in shown


def test_what_changed_after_a_signature_is_shown_side_by_side_and_leads_to_the_day(client, me):
    change = {
        "of": "till",
        "name": "7",
        "cashier": "Anna",
        "currency": "USD",
        "figure": "safe",
        "signed": "20.00",
        "now": "1340.00",
    }
    site = SiteFactory.create()
    finding = FindingFactory.create(
        kind="late_after_sign_off", site=site, business_date=dt.date(2026, 11, 2), detail={"changes": [change]}
    )
    shown = client.get(page(Finding, "change", finding.pk)).content.decode()
    assert "1,340.00" in shown
    assert "the day of the site" in shown
    assert f"site={site.code}&amp;business_date_from=2026-11-02&amp;business_date_to=2026-11-02" in shown
