"""Tables of sites, safes and registers: looked at before anything changes, refused cell by cell, then taken."""

from __future__ import annotations

import datetime as dt
import io
import re
from html import unescape
from typing import Any

import openpyxl
import pytest
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile

from safes.estate import place_safe
from safes.models import Finding, Placement, Register, Safe, Site
from tests.factories import (
    AdministratorFactory,
    PushEndpointFactory,
    RegisterFactory,
    SiteFactory,
    UserFactory,
    body_of,
    cash_in,
    deliver,
)
from tests.staff import page
from transactions.models import Transaction

pytestmark = pytest.mark.django_db
CSV, XLSX = "0", "1"
SITES = "code,name,time_zone,day_rollover,currency,tolerance\n"


@pytest.fixture
def staff(client):
    client.force_login(AdministratorFactory.create())
    return client


def look(staff, model, content: str | bytes, kind: str = CSV):
    data = content.encode() if isinstance(content, str) else content
    return staff.post(page(model, "import"), {"format": kind, "import_file": SimpleUploadedFile("table", data)})


def accept(staff, model, looked):
    form = looked.context["confirm_form"]
    return staff.post(page(model, "process_import"), form.initial, follow=True)


def mistakes(response) -> list[tuple[str, ...]]:
    lines = re.findall(
        r'<tr><th scope="row">(\d+)</th><td>(.*?)</td><td><code>(.*?)</code></td><td>(.*?)</td></tr>',
        response.content.decode(),
    )
    return [tuple(map(unescape, line)) for line in lines]


def test_nothing_is_imported_before_somebody_has_said_yes(staff):
    looked = look(staff, Site, SITES + "DAL1,Dallas,America/Chicago,05:30,usd,2.5\nAUS1,Austin,America/Chicago,,,\n")
    assert "2 new, 0 changed, 0 as they are already" in looked.content.decode()
    assert not Site.objects.exists()
    accept(staff, Site, looked)
    dallas, austin = Site.objects.get(code="DAL1"), Site.objects.get(code="AUS1")
    assert (dallas.day_rollover, dallas.currency, str(dallas.tolerance)) == (
        dt.timedelta(hours=5, minutes=30),
        "USD",
        "2.50",
    )
    assert (austin.day_rollover, austin.currency, str(austin.tolerance)) == (dt.timedelta(hours=6), "USD", "5.00")


def test_bad_cells_are_told_by_row_column_and_reason_and_nothing_can_be_accepted(staff):
    table = SITES + (
        "DAL1,Dallas,America/Chicago,06:00,USD,5\n"
        "AUS1,Austin,Mars/Base,06:00,USD,5\n"
        "HOU1,Houston,America/Chicago,25:00,USD,much\n"
        ",Nameless,America/Chicago,06:00,USD,5\n"
    )
    looked = look(staff, Site, table)
    assert "confirm_form" not in looked.context or looked.context.get("confirm_form") is None
    found = mistakes(looked)
    assert {(row, column) for row, column, _, _ in found} == {
        ("3", "time_zone"),
        ("4", "day_rollover"),
        ("4", "tolerance"),
        ("5", "code"),
    }
    assert ("4", "tolerance", "much", "“much” is not an amount: write 5.00.") in found
    assert any("IANA" in reason for _, column, _, reason in found if column == "time_zone")
    assert not Site.objects.exists()


def test_a_site_that_is_there_is_changed_by_its_code_in_any_case_and_what_is_equal_is_left_alone(staff):
    site = SiteFactory.create(code="DAL1", name="Old")
    same = SiteFactory.create(code="AUS1", name="Austin")
    rows = "dal1,New,America/Chicago,06:00,USD,5\nAUS1,Austin,America/Chicago,06:00,USD,5\n"
    looked = look(staff, Site, SITES + rows)

    assert "0 new, 1 changed, 1 as they are already" in looked.content.decode()
    accept(staff, Site, looked)
    site.refresh_from_db()
    same.refresh_from_db()
    assert (site.code, site.name, same.name) == ("DAL1", "New", "Austin")


def test_a_safe_uploaded_settles_what_was_unknown_of_it(staff):
    deliver(PushEndpointFactory.create(), body_of(cash_in("SR1")))
    assert Finding.objects.get(kind="unknown_safe").state == "open"
    SiteFactory.create(code="DAL1")
    looked = look(staff, Safe, "serial_number,site\nsr1,dal1\n")
    assert Finding.objects.get(kind="unknown_safe").state == "open"
    accept(staff, Safe, looked)
    assert Finding.objects.get(kind="unknown_safe").state == "closed"
    assert Transaction.objects.get().occurred_at is not None


def test_a_safe_moves_only_with_a_date(staff):
    SiteFactory.create(code="DAL1")
    place_safe("SR1", SiteFactory.create(code="AUS1"))
    looked = look(staff, Safe, "serial_number,site\nSR1,DAL1\n")
    (mistake,) = mistakes(looked)
    assert mistake[:2] == ("2", "from")
    assert "stands at AUS1 already" in mistake[3]
    accept(staff, Safe, look(staff, Safe, "Serial Number,Site,From\nSR1,DAL1,2026-11-02\n"))
    assert [(p.site.code, p.starts_on.year) for p in Placement.objects.order_by("starts_on")] == [
        ("AUS1", 1990),
        ("DAL1", 2026),
    ]


def test_registers_are_entered_and_named_at_sites_that_are_there(staff):
    register = RegisterFactory.create(code="0", site=SiteFactory.create(code="DAL1"))
    ((row, column, value, _),) = mistakes(look(staff, Register, "site,code\nNONE,1\n"))
    assert (row, column, value) == ("2", "site", "NONE")
    accept(staff, Register, look(staff, Register, "site;code;name\ndal1;0;Front\nDAL1;2;Back\n"))
    register.refresh_from_db()
    assert register.name == "Front"
    assert Register.objects.count() == 2


def workbook(*rows: tuple[Any, ...]) -> bytes:
    book, file = openpyxl.Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(file)
    return file.getvalue()


def test_a_spreadsheet_is_read_with_its_own_numbers_and_times(staff):
    table = workbook(
        ("Code", "Name", "Time Zone", "Day Rollover", "Tolerance"),
        (1042, "Dallas", "America/Chicago", dt.time(5, 0), 2.5),
    )
    accept(staff, Site, look(staff, Site, table, XLSX))
    site = Site.objects.get()
    assert (site.code, site.day_rollover, str(site.tolerance)) == ("1042", dt.timedelta(hours=5), "2.50")


@pytest.mark.parametrize(
    ("content", "kind", "sentence"),
    [
        ("", CSV, "empty"),
        (b"\xff\xfe\x00\x01", CSV, "cannot be read as a table"),
        ("no workbook", XLSX, "cannot be read as a table"),
        ("a,b\n1,2,3\n", CSV, "cannot be read as a table"),
        ("code,name,time_zone,colour\nA,B,UTC,red\n", CSV, "There is no column “colour”"),
        ("code,name\nA,B\n", CSV, "The column time_zone is missing"),
        ("code,code,name,time_zone\nA,A,B,UTC\n", CSV, "A column stands there twice"),
    ],
)
def test_a_file_that_is_no_such_table_is_refused_with_a_sentence(staff, content, kind, sentence):
    response = look(staff, Site, content, kind)
    assert response.status_code == 200
    assert sentence in response.content.decode()
    assert "Traceback" not in response.content.decode()


def test_what_changed_since_the_preview_undoes_the_whole_import(staff):
    site = SiteFactory.create(code="DAL1")
    looked = look(staff, Safe, "serial_number,site\nSR1,DAL1\nSR2,DAL1\n")
    Site.objects.filter(pk=site.pk).update(code="GONE")
    assert "Nothing was imported" in accept(staff, Safe, looked).content.decode()
    assert not Safe.objects.exists()


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t"])
@pytest.mark.parametrize("kind", [CSV, XLSX])
def test_no_exported_cell_is_taken_for_a_formula_and_it_comes_back_as_it_was(staff, start, kind):
    name = f"{start}1+cmd|' /C calc'!A0"
    SiteFactory.create(code="DAL1", name=name)
    fields = {f"siteresource_{field}": "on" for field in ("code", "name", "time_zone")}
    response = staff.post(page(Site, "export"), {"format": kind, "resource": "0", **fields})
    content = response.content
    if kind == CSV:
        cells = re.split(r"[,\r\n]", content.decode())
    else:
        sheet = openpyxl.load_workbook(io.BytesIO(content)).active
        assert sheet is not None
        assert {cell.data_type for row in sheet.iter_rows() for cell in row} == {"s"}
        cells = [str(cell.value) for row in sheet.iter_rows() for cell in row]
    assert f"'{name}" in cells or f'"\'{name}"' in cells
    assert not [cell for cell in cells if cell.startswith(start)]
    if start != "\t":
        assert "0 new, 0 changed, 1 as they are already" in look(staff, Site, content, kind).content.decode()


def test_uploading_is_for_those_who_may_add_and_change_and_downloading_for_those_who_may_look(client):
    clerk = UserFactory.create()
    client.force_login(clerk)
    for model in (Site, Safe, Register):
        assert [client.get(page(model, what)).status_code for what in ("import", "export")] == [403, 403]
    clerk.user_permissions.set(Permission.objects.filter(codename__in=["view_site", "view_safe", "view_register"]))
    for model in (Site, Safe, Register):
        assert [client.get(page(model, what)).status_code for what in ("import", "export")] == [403, 200]
        assert client.post(page(model, "process_import"), {}).status_code == 403
