"""Every list goes into a file: the columns that staff see, the rows that its filters leave, exact and harmless."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test.utils import CaptureQueriesContext

from safes.admin.exported import table_of
from safes.models import Export, Finding, Safe, Site
from tests.factories import FindingFactory, PushEndpointFactory, SiteFactory, UserFactory, body_of, cash_in, deliver
from tests.safes.exports.reading import ask, fetched, rows_of_csv, sheets_of
from tests.staff import page, rooms
from transactions.filling.estate import area
from transactions.filling.living import live
from transactions.models import SafeDay, Transaction

pytestmark = pytest.mark.django_db

YESTERDAY = dt.datetime.now(dt.UTC).replace(hour=12, minute=0, second=0, microsecond=0) - dt.timedelta(days=1)


def at(moment: dt.datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}"


@pytest.fixture
def drops():
    rows = [
        cash_in("SR1", Amount=1234.5, Denominations=None, TransactionDateTime=at(YESTERDAY), UserName="=HYPERLINK(1)"),
        cash_in("SR2", Amount=20, TransactionDateTime=at(YESTERDAY), Register="007"),
    ]
    deliver(PushEndpointFactory.create(), body_of(*rows))


def by_heading(rows: list[list[str]]) -> list[dict[str, str]]:
    headings, *others = rows
    return [dict(zip(headings, row, strict=True)) for row in others]


def test_amounts_are_exact_and_texts_begin_no_formula(staff, drops):
    told = {row["safe"]: row for row in by_heading(rows_of_csv(fetched(staff, Transaction, "csv")))}
    assert told["SR1"]["amount"] == "1234.50"
    assert told["SR1"]["user"] == "'=HYPERLINK(1)"
    assert told["SR2"]["register"] == "007"
    assert told["SR1"]["safe's clock"].startswith(f"{YESTERDAY:%Y-%m-%d %H:%M:%S}")


def test_excel_has_numbers_where_amounts_are(staff, drops):
    ((headings, *rows),) = sheets_of(fetched(staff, Transaction, "xlsx"))
    amounts = {row[headings.index("safe")]: row[headings.index("amount")] for row in rows}
    assert amounts == {"SR1": 1234.5, "SR2": 20}
    assert {row[headings.index("register")] for row in rows} >= {"007"}


def test_the_currency_has_a_column_of_its_own(staff):
    site = SiteFactory.create(currency="CAD")
    for number, currency in enumerate(("CAD", "USD")):
        FindingFactory.create(
            kind="amount_mismatch", subject=f"{number}", site=site, cash_at_stake=Decimal("7.25"), currency=currency
        )
    told = by_heading(rows_of_csv(fetched(staff, Finding, "csv")))
    assert sorted((row["cash at stake"], row["currency"]) for row in told) == [("7.25", "CAD"), ("7.25", "USD")]


def test_how_long_ago_is_told_exactly(staff):
    finding = FindingFactory.create(kind="amount_mismatch", subject="1")
    (told,) = by_heading(rows_of_csv(fetched(staff, Finding, "csv")))
    assert told["opened"] == f"{finding.opened_at.astimezone(dt.UTC):%Y-%m-%d %H:%M:%S} UTC"


def test_a_file_has_what_the_filters_leave_and_nothing_else(staff, drops):
    told = by_heading(rows_of_csv(fetched(staff, Transaction, "csv", "serial_number=SR2")))
    assert [row["safe"] for row in told] == ["SR2"]
    assert [row["safe"] for row in by_heading(rows_of_csv(fetched(staff, Transaction, "csv", "q=SR1&p=1")))] == ["SR1"]


def test_the_last_month_is_noted_as_dates(staff, drops):
    ask(staff, Transaction, "csv")
    first = dt.datetime.now(dt.UTC).date() - dt.timedelta(days=31)
    assert f"business_date_from={first}" in Export.objects.get().query


def test_filters_that_mean_nothing_are_told_and_nothing_is_written(staff):
    answer = staff.post(f"{page(Safe, 'as_file')}?status__exact=active&nonsense__x=1", {"format": "csv"}, follow=True)
    assert answer.status_code == 200
    assert not Export.objects.exists()


def test_a_form_that_there_is_not_is_told(staff):
    answer = staff.post(page(Site, "as_file"), {"format": "docx"}, follow=True)
    assert "Ask for CSV or for Excel" in answer.content.decode()
    assert not Export.objects.exists()


def test_asking_is_no_matter_of_looking(staff):
    assert staff.get(page(Site, "as_file")).status_code == 405
    assert not Export.objects.exists()


def test_who_took_what_out_is_in_the_log(staff, user):
    SiteFactory.create()
    ask(staff, Site, "xlsx", "q=Store")
    entry = LogEntry.objects.get()
    assert (entry.user_id, entry.content_type) == (user.pk, ContentType.objects.get_for_model(Site))
    assert "Excel" in entry.change_message
    assert "q=Store" in entry.change_message


def test_a_file_is_of_who_asked_alone(staff, client):
    SiteFactory.create()
    where = ask(staff, Site, "csv")["Location"]
    other = UserFactory.create(is_superuser=True)
    client.force_login(other)
    export = Export.objects.get()
    assert client.get(where).status_code == 404
    assert client.get(page(Site, "file", export.pk)).status_code == 404
    assert client.get(page(Site, "file_state", export.pk)).status_code == 404
    assert client.get(page(Safe, "file_fetch", export.pk)).status_code == 404


def test_a_file_is_not_fetched_through_another_list(staff):
    SiteFactory.create()
    ask(staff, Site, "csv")
    assert staff.get(page(Safe, "file_fetch", Export.objects.get().pk)).status_code == 404


def test_who_may_not_see_a_list_gets_no_file_of_it(client):
    client.force_login(UserFactory.create())
    for model in rooms():
        assert ask(client, model, "csv").status_code == 403, model
        assert client.get(page(model, "file_fetch", 1)).status_code == 403, model
    assert not Export.objects.exists()


def test_a_right_that_was_taken_away_is_gone_for_files_too(staff, user):
    SiteFactory.create()
    where = ask(staff, Site, "csv")["Location"]
    user.is_superuser = False
    user.save()
    assert staff.get(where).status_code == 403


@pytest.mark.django_db(transaction=True)
def test_every_list_of_a_living_house_goes_into_both_files(staff, user):
    """Row for row, with as many queries for many rows as for few."""
    end = dt.datetime.now(dt.UTC).replace(minute=0, second=0, microsecond=0)
    begin = end - dt.timedelta(days=4)
    live(area(2, 3, begin.date()), begin, end, lambda what: None)
    seen = 0
    for model in rooms():
        listed = staff.get(page(model, "changelist")).context["cl"].result_count
        with CaptureQueriesContext(connection) as queries:
            export = Export(by=user, room=model._meta.label_lower, format="csv")
            table = table_of(export)
            rows = list(table.rows)
        assert len(queries) <= 20, model
        assert len(rows) == listed, model
        assert not [cell for row in rows for cell in row if "<" in str(cell) or "&nbsp;" in str(cell)], model
        if listed > 2000:
            continue
        (sheet,) = sheets_of(fetched(staff, model, "xlsx"))
        told = rows_of_csv(fetched(staff, model, "csv"))
        assert len(sheet) == len(told) == listed + 1, model
        assert told[0] == list(table.headings)
        seen += listed > 0
    assert seen > 12
    day = by_heading(rows_of_csv(fetched(staff, SafeDay, "csv")))[0]
    row = SafeDay.objects.get(safe__serial_number=day["safe"], business_date=day["business date"])
    assert (Decimal(day["validated"]), day["currency"]) == (row.validated, row.currency)
