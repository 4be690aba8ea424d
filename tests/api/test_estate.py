"""Sites, safes and findings read as they are."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
import time_machine

from safes.findings import settle_by_person
from safes.models import Finding, Safe
from tests.api.reader import row, safe, site
from tests.factories import FindingFactory, SafeFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("slash", ["", "/"])
def test_a_site_has_what_gives_its_safes_meaning(reader, slash):
    one = site("S-1.x", day_rollover=dt.timedelta(hours=4, minutes=30), tolerance=Decimal("7.5"))
    shown = {
        "id": one.pk,
        "code": "S-1.x",
        "name": "Store S-1.x",
        "time_zone": "America/Chicago",
        "day_rollover": "04:30",
        "currency": "USD",
        "tolerance": "7.50",
    }
    assert reader.rows(f"sites{slash}") == [shown]
    assert reader.read(f"sites/s-1.X{slash}") == shown


@pytest.mark.parametrize("slash", ["", "/"])
def test_a_safe_has_its_places(reader, slash):
    moved = safe("SR1", site("OLD"), model="X 4")
    safe("SR1", site("NEW"), starts_on=dt.date(2026, 3, 15))
    shown = {
        "id": moved.pk,
        "serial_number": "SR1",
        "model": "X 4",
        "status": "active",
        "site": "NEW",
        "first_seen_at": None,
        "placements": [{"site": "OLD", "starts_on": "1990-01-01"}, {"site": "NEW", "starts_on": "2026-03-15"}],
    }
    with time_machine.travel("2026-06-01T00:00:00Z"):
        assert reader.rows(f"safes{slash}") == [shown]
        assert reader.read(f"safes/sr1{slash}") == shown


@pytest.mark.parametrize(("moment", "stands"), [("2026-03-15T04:59:00Z", "OLD"), ("2026-03-15T05:00:00Z", "NEW")])
def test_a_safe_moves_at_midnight_of_the_place_it_moves_to(reader, moment, stands):
    safe("SR1", site("OLD", "Europe/Vienna"))
    safe("SR1", site("NEW", "America/Chicago"), starts_on=dt.date(2026, 3, 15))
    with time_machine.travel(moment):
        assert reader.read("safes/SR1")["site"] == stands
        assert len(reader.rows("safes", site=stands)) == 1


def test_a_safe_nobody_registered_stands_nowhere(reader, loomis):
    loomis.push(row())
    shown = reader.read("safes/SR10042")
    assert (shown["status"], shown["site"], shown["placements"]) == ("unregistered", None, [])
    assert shown["first_seen_at"].endswith("Z")


def test_a_serial_number_may_hold_what_addresses_must_escape(reader):
    SafeFactory.create(serial_number="A B#1?%É")
    assert reader.read("safes/a%20b%231%3F%25%C3%A9")["serial_number"] == "A B#1?%É"


@pytest.mark.parametrize("slash", ["", "/"])
def test_a_finding_has_the_fields_of_the_contract(reader, slash):
    stands = safe("SR1", site("HERE"))
    one = FindingFactory.create(
        kind="possible_twin",
        safe=stands,
        business_date=dt.date(2026, 3, 14),
        cash_at_stake=Decimal("40.5"),
        currency="USD",
        subject="SR1 2026-03-14",
        opened_at=dt.datetime(2026, 3, 15, 7, tzinfo=dt.UTC),
        owner=UserFactory.create(username="boris"),
        detail={"keys": [1]},
    )
    shown = {
        "id": one.pk,
        "kind": "possible_twin",
        "subject": "SR1 2026-03-14",
        "severity": "warning",
        "serial_number": "SR1",
        "site": "HERE",
        "business_date": "2026-03-14",
        "cash_at_stake": "40.50",
        "currency": "USD",
        "state": "open",
        "opened_at": "2026-03-15T07:00:00Z",
        "closed_at": None,
        "closed_by": None,
        "owner": "boris",
        "summary": "Somebody must look at this.",
        "detail": {"keys": [1]},
    }
    assert reader.rows(f"findings{slash}") == [shown]
    assert reader.read(f"findings/{one.pk}{slash}") == shown


def test_a_finding_about_nothing_in_particular_says_so(reader):
    shown = reader.read(f"findings/{FindingFactory.create().pk}")
    assert {shown[name] for name in ("serial_number", "site", "business_date", "cash_at_stake", "owner")} == {None}


def test_a_settled_finding_says_who_settled_it(reader):
    one = FindingFactory.create()
    settle_by_person(one.pk, "boris", "Counted again.")
    shown = reader.read(f"findings/{one.pk}")
    assert (shown["state"], shown["closed_by"]) == ("closed", "boris")
    assert shown["closed_at"].endswith("Z")
    assert reader.rows("findings", state="closed") == [shown]


def test_a_finding_of_a_moved_safe_is_at_the_site_of_its_date(reader):
    moved = safe("SR1", site("OLD"))
    new = site("NEW")
    safe("SR1", new, starts_on=dt.date(2026, 3, 15))
    then = FindingFactory.create(safe=moved, business_date=dt.date(2026, 3, 14))
    today = FindingFactory.create(safe=moved)
    named = FindingFactory.create(site=new)
    with time_machine.travel("2026-06-01T00:00:00Z"):
        assert {shown["id"]: shown["site"] for shown in reader.rows("findings")} == {
            then.pk: "OLD",
            today.pk: "NEW",
            named.pk: "NEW",
        }
        assert [shown["id"] for shown in reader.rows("findings", site="old")] == [then.pk]
        assert [shown["id"] for shown in reader.rows("findings", site="new")] == [named.pk, today.pk]


def test_findings_that_pushes_open_are_there(reader, loomis):
    loomis.push(row(1), row(2, TransactionType="CoinOp"))
    assert {shown["kind"] for shown in reader.rows("findings", serial_number="sr10042")} == set(
        Finding.objects.filter(safe=Safe.objects.get()).values_list("kind", flat=True)
    )
    assert reader.rows("findings", kind="unknown_safe")[0]["serial_number"] == "SR10042"
