"""add_site and add_safe: what an operator is promised."""

from __future__ import annotations

import datetime as dt
import io
import json
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from safes.models import Placement, Safe, Site
from tests.factories import SafeFactory, SiteFactory

pytestmark = pytest.mark.django_db


def answer(*arguments: str) -> Any:
    out = io.StringIO()
    call_command(*arguments, "--json", stdout=out)
    return json.loads(out.getvalue())


def refusal(*arguments: str) -> str:
    out = io.StringIO()
    with pytest.raises(CommandError) as caught:
        call_command(*arguments, stdout=out)
    assert out.getvalue() == ""
    return str(caught.value)


def test_a_site_is_made_with_all_that_gives_its_transactions_their_meaning():
    said = answer(
        "add_site", "DAL1", "--name", "Dallas", "--timezone", "America/Chicago", "--rollover", "04:30",
        "--currency", "CAD", "--tolerance", "2.50",
    )  # fmt: skip
    site = Site.objects.get()
    assert (site.code, site.name, site.time_zone, site.currency) == ("DAL1", "Dallas", "America/Chicago", "CAD")
    assert (site.day_rollover, site.tolerance) == (dt.timedelta(hours=4, minutes=30), Decimal("2.50"))
    assert said == {
        "site": "DAL1",
        "name": "Dallas",
        "timezone": "America/Chicago",
        "rollover": "04:30",
        "currency": "CAD",
        "tolerance": "2.50",
    }


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["--timezone", "America/Dallas"], "America/Dallas"),
        (["--timezone", "America/Chicago", "--rollover", "24:00"], "HH:MM"),
        (["--timezone", "America/Chicago", "--rollover", "early"], "HH:MM"),
        (["--timezone", "America/Chicago", "--currency", "dollars"], "Currency"),
        (["--timezone", "America/Chicago", "--tolerance", "-1"], "5.00"),
        (["--timezone", "America/Chicago", "--tolerance", "NaN"], "5.00"),
        (["--timezone", "America/Chicago", "--tolerance", "1e30"], "Tolerance"),
    ],
)
def test_a_site_that_cannot_be_is_refused_with_a_sentence_that_names_what_is_wrong(arguments, word):
    assert word in refusal("add_site", "DAL1", "--name", "Dallas", *arguments)
    assert not Site.objects.exists()


def test_a_site_code_that_exists_is_refused_whatever_its_case():
    SiteFactory.create(code="DAL1")
    assert "already" in refusal("add_site", "dal1", "--name", "Dallas", "--timezone", "America/Chicago")
    assert Site.objects.count() == 1


def test_safes_are_registered_and_stand_at_their_site_from_the_beginning():
    SiteFactory.create(code="DAL1")
    said = answer("add_safe", "sr1", "SR2", "--site", "dal1", "--model", "Titan")
    assert {safe.serial_number: (safe.status, safe.model) for safe in Safe.objects.all()} == {
        "SR1": ("active", "Titan"),
        "SR2": ("active", "Titan"),
    }
    assert [entry["serial_number"] for entry in said["safes"]] == ["SR1", "SR2"]
    assert {entry["site"] for entry in said["safes"]} == {"DAL1"}


def test_a_safe_that_was_heard_from_before_is_registered_not_made_again():
    SiteFactory.create(code="DAL1")
    safe = SafeFactory.create(serial_number="SR1", status=Safe.Status.UNREGISTERED)
    answer("add_safe", "SR1", "--site", "DAL1")
    safe.refresh_from_db()
    assert safe.status == Safe.Status.ACTIVE


def test_a_safe_that_stands_somewhere_is_moved_only_with_a_date():
    SiteFactory.create(code="DAL1")
    SiteFactory.create(code="DAL2")
    answer("add_safe", "SR1", "--site", "DAL1")
    assert "--from" in refusal("add_safe", "SR0", "SR1", "--site", "DAL2")
    assert not Safe.objects.filter(serial_number="SR0").exists(), "all or nothing"
    answer("add_safe", "SR1", "--site", "DAL2", "--from", "2026-11-01")
    assert list(Placement.objects.order_by("starts_on").values_list("site__code", flat=True)) == ["DAL1", "DAL2"]


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["SR1", "--site", "NOWHERE"], "no site NOWHERE"),
        (["SR1", "--site", "DAL1", "--from", "yesterday"], "2026-11-21"),
        ([" ", "--site", "DAL1"], "serial number"),
        (["X" * 65, "--site", "DAL1"], "longer than 64"),
    ],
)
def test_a_safe_that_cannot_be_placed_is_refused_with_a_sentence(arguments, word):
    SiteFactory.create(code="DAL1")
    assert word in refusal("add_safe", *arguments)
    assert not Safe.objects.exists()


def test_without_json_a_person_is_told_in_a_sentence():
    out = io.StringIO()
    call_command("add_site", "DAL1", "--name", "Dallas", "--timezone", "America/Chicago", stdout=out)
    call_command("add_safe", "SR1", "--site", "DAL1", stdout=out)
    assert "Site DAL1" in out.getvalue()
    assert "SR1 stands at DAL1 from the beginning." in out.getvalue()
