"""Sites, safes and registers in the staff site: what an edit means for what is stored."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from safes.estate import place_safe
from safes.models import Finding, Placement, Register, Safe, Site
from tests.factories import (
    AdministratorFactory,
    PushEndpointFactory,
    RegisterFactory,
    SafeFactory,
    SiteFactory,
    body_of,
    cash_in,
    deliver,
)
from tests.staff import page
from transactions.models import Transaction

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(client):
    client.force_login(AdministratorFactory.create())
    return client


def placements(*new: tuple[str, Site], kept: list[Placement] | None = None) -> dict[str, object]:
    """The form's part about placements: those there are, and new ones."""
    kept = kept or []
    data: dict[str, object] = {
        "placements-TOTAL_FORMS": len(kept) + len(new),
        "placements-INITIAL_FORMS": len(kept),
        "placements-MIN_NUM_FORMS": 0,
        "placements-MAX_NUM_FORMS": 1000,
    }
    for number, old in enumerate(kept):
        data |= {
            f"placements-{number}-id": old.pk,
            f"placements-{number}-safe": old.safe_id,
            f"placements-{number}-starts_on": old.starts_on.isoformat(),
            f"placements-{number}-site": old.site_id,
        }
    for number, (starts_on, site) in enumerate(new, start=len(kept)):
        data |= {f"placements-{number}-starts_on": starts_on, f"placements-{number}-site": site.pk}
    return data


def site_form(**changes: str) -> dict[str, str]:
    return {
        "code": "DAL1",
        "name": "Dallas",
        "time_zone": "America/Chicago",
        "day_rollover": "06:00:00",
        "currency": "USD",
        "tolerance": "5.00",
        **changes,
    }


def test_placing_a_safe_nobody_knew_registers_it_settles_its_times_and_closes_its_finding(
    staff, django_capture_on_commit_callbacks
):
    deliver(
        PushEndpointFactory.create(), body_of(cash_in(TransactionDateTime="2026-11-02T12:00:00", Denominations=None))
    )
    row, safe = Transaction.objects.get(), Safe.objects.get()
    assert (row.occurred_at, row.currency, safe.status) == (None, None, "unregistered")
    assert Finding.objects.get(kind="unknown_safe").state == "open"
    site = SiteFactory.create(time_zone="America/Chicago", currency="USD")
    with django_capture_on_commit_callbacks(execute=True):
        response = staff.post(
            page(Safe, "change", safe.pk),
            {"model": "Titan", "status": "unregistered", **placements(("2026-01-01", site))},
        )
    assert response.status_code == 302, response.context["errors"]
    row.refresh_from_db()
    safe.refresh_from_db()
    assert row.occurred_at == dt.datetime(2026, 11, 2, 18, tzinfo=dt.UTC)
    assert row.currency == "USD"
    assert (safe.status, safe.model) == ("active", "Titan")
    assert Finding.objects.get(kind="unknown_safe").state == "closed"


def test_taking_the_last_placement_away_opens_the_finding_again(staff):
    safe = place_safe("SR1", SiteFactory.create(), dt.date(2026, 1, 1))
    (old,) = safe.placements.all()
    form = {"model": "", "status": "active", **placements(kept=[old]), "placements-0-DELETE": "on"}
    assert staff.post(page(Safe, "change", safe.pk), form).status_code == 302
    assert not safe.placements.exists()
    assert Finding.objects.get(kind="unknown_safe").state == "open"


def test_a_safe_that_staff_enter_is_kept_in_upper_case_and_placed(staff):
    site = SiteFactory.create()
    form = {"serial_number": " sr7 ", "model": "", "status": "active", **placements(("2026-01-01", site))}
    assert staff.post(page(Safe, "add"), form).status_code == 302
    safe = Safe.objects.get()
    assert (safe.serial_number, safe.status) == ("SR7", "active")
    assert safe.placements.get().site == site


def test_a_serial_number_that_exists_is_refused_whatever_its_case(staff):
    SafeFactory.create(serial_number="SR7")
    form = {"serial_number": "sr7", "model": "", "status": "active", **placements()}
    response = staff.post(page(Safe, "add"), form)
    assert response.status_code == 200
    assert "already exists" in response.content.decode()


def test_two_placements_on_one_day_are_refused_on_the_form(staff):
    safe = SafeFactory.create()
    form = {
        "model": "",
        "status": "active",
        **placements(("2026-01-01", SiteFactory.create()), ("2026-01-01", SiteFactory.create())),
    }
    assert staff.post(page(Safe, "change", safe.pk), form).status_code == 200
    assert not safe.placements.exists()


def test_the_serial_number_of_a_safe_is_fixed_once_it_is_made(staff):
    safe = SafeFactory.create(serial_number="SR1")
    staff.post(page(Safe, "change", safe.pk), {"serial_number": "SR2", "model": "", "status": "active", **placements()})
    safe.refresh_from_db()
    assert safe.serial_number == "SR1"


def test_a_site_whose_zone_is_changed_gives_its_transactions_their_instants_anew(staff):
    site = SiteFactory.create(code="DAL1", time_zone="America/Chicago")
    place_safe("SR10042", site)
    deliver(PushEndpointFactory.create(), body_of(cash_in(TransactionDateTime="2026-11-02T12:00:00")))
    form = site_form(time_zone="America/Los_Angeles")
    assert staff.post(page(Site, "change", site.pk), form).status_code == 302
    assert Transaction.objects.get().occurred_at == dt.datetime(2026, 11, 2, 20, tzinfo=dt.UTC)


def test_a_site_is_made_and_its_code_is_fixed_then(staff):
    assert staff.post(page(Site, "add"), site_form(tolerance="2.50")).status_code == 302
    site = Site.objects.get()
    assert (site.code, site.tolerance) == ("DAL1", Decimal("2.50"))
    assert staff.post(page(Site, "change", site.pk), site_form(code="DAL2", name="Else")).status_code == 302
    site.refresh_from_db()
    assert (site.code, site.name) == ("DAL1", "Else")


@pytest.mark.parametrize("field", ["time_zone", "currency", "day_rollover", "tolerance", "code"])
def test_a_site_that_cannot_be_is_refused_on_the_form(staff, field):
    response = staff.post(page(Site, "add"), site_form(**{field: "not ok"}))
    assert response.status_code == 200
    assert not Site.objects.exists()


def test_a_site_code_that_exists_in_other_case_is_refused_on_the_form(staff):
    SiteFactory.create(code="dal1")
    assert staff.post(page(Site, "add"), site_form()).status_code == 200
    assert Site.objects.count() == 1


def test_a_site_where_a_safe_stood_cannot_be_deleted_and_an_empty_one_can(staff):
    used, empty = SiteFactory.create(), SiteFactory.create()
    place_safe("SR1", used)
    assert staff.post(page(Site, "delete", used.pk), {"post": "yes"}).status_code == 403
    assert staff.post(page(Site, "delete", empty.pk), {"post": "yes"}).status_code == 302
    assert list(Site.objects.all()) == [used]


def test_the_list_of_sites_counts_the_safes_that_stand_there_today(staff):
    here, there = SiteFactory.create(), SiteFactory.create()
    today = dt.datetime.now(dt.UTC).date()
    place_safe("SR1", here, dt.date(2020, 1, 1))
    place_safe("SR1", there, dt.date(2021, 1, 1))
    place_safe("SR2", there, dt.date(2020, 1, 1))
    place_safe("SR3", here, today + dt.timedelta(days=40))
    counted = {row.code: row.safe_count for row in staff.get(page(Site, "changelist")).context["cl"].queryset}
    assert counted == {here.code: 0, there.code: 2}


def test_the_list_of_safes_is_found_by_where_they_stand_now(staff):
    here, there = SiteFactory.create(), SiteFactory.create()
    place_safe("SR1", here, dt.date(2020, 1, 1))
    place_safe("SR1", there, dt.date(2021, 1, 1))
    SafeFactory.create(serial_number="SR9")

    def found(site: str) -> list[str]:
        shown = staff.get(page(Safe, "changelist"), {"site": site}).context["cl"]
        return [safe.serial_number for safe in shown.result_list]

    assert (found(here.code), found(there.code), found("-")) == ([], ["SR1"], ["SR9"])


def test_a_register_is_named_by_people_and_keeps_the_code_it_is_told_by(staff):
    register = RegisterFactory.create(code="0")
    staff.post(page(Register, "change", register.pk), {"name": "Front till", "code": "9"})
    register.refresh_from_db()
    assert (register.code, register.name) == ("0", "Front till")
