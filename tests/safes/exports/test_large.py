"""Large lists are written by a worker: one at a time, from the beginning, in constant memory, and told how far."""

from __future__ import annotations

import datetime as dt
import threading
import tracemalloc
import zipfile
from decimal import Decimal

import pytest
from django.db import connection, connections
from django.utils import timezone

from safes import tasks
from safes.admin.exported import table_of
from safes.exporting import running, writers
from safes.exporting.cells import cell_of
from safes.exporting.running import MOST_AT_ONCE, Table, forget_old, write, write_due
from safes.exporting.writers import CsvWriter, XlsxWriter
from safes.models import Export, Site
from tests.factories import SiteFactory, UserFactory
from tests.safes.exports.reading import ask, body, rows_of_csv, sheets_of
from tests.staff import page

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def all_is_large(monkeypatch):
    """As if every list were a large one; the worker is not told, and comes when the test calls it."""
    monkeypatch.setattr("safes.admin.exports.AT_ONCE", -1)
    monkeypatch.setattr("safes.admin.exports._tell_worker", lambda: None)


@pytest.fixture
def waiting(staff, all_is_large) -> Export:
    SiteFactory.create_batch(3)
    ask(staff, Site, "csv")
    return Export.objects.get()


def test_a_large_list_waits_for_the_worker_and_is_then_fetched(staff, waiting):
    shown = staff.get(page(Site, "file", waiting.pk)).content.decode()
    assert "waits for its turn" in shown
    assert "Look again" in shown
    assert "Download" not in shown
    assert tasks.write_exports() == 1
    waiting.refresh_from_db()
    assert (waiting.state, waiting.written) == ("done", 3)
    shown = staff.get(page(Site, "file", waiting.pk)).content.decode()
    assert page(Site, "file_fetch", waiting.pk) in shown
    told = body(staff.get(page(Site, "file_fetch", waiting.pk)))
    assert len(rows_of_csv(told)) == 4
    assert waiting.size == len(told)


def test_the_list_is_read_with_the_rights_that_there_are_then(staff, user, waiting):
    user.is_superuser = False
    user.save()
    write_due(table_of)
    waiting.refresh_from_db()
    assert waiting.state == "failed"
    assert "may not see this list any more" in waiting.said


def test_while_it_is_written_others_see_how_far_it_is(staff, waiting, monkeypatch):
    monkeypatch.setattr(running, "_TELL_EVERY", -1)
    seen = []

    def rows():
        for number in range(1001):
            if number == 600:
                seen.append(_beside(lambda: Export.objects.values_list("state", "written").get()))
            yield [number]

    Export.objects.update(expected=1000)
    assert write(waiting, lambda export: Table(["number"], rows()))
    assert seen == [("running", 500)]
    Export.objects.update(state="running", written=500)
    state = staff.get(page(Site, "file_state", waiting.pk)).json()
    assert state == {"is_over": False, "words": "500 of about 1,000 rows are written.", "percent": 50}


def test_it_is_read_as_what_is_fetched_to_its_end(waiting):
    """On ten million rows: two days of them in two seconds, and not in twenty."""
    told = []

    def rows():
        with connection.cursor() as cursor:
            cursor.execute("SHOW cursor_tuple_fraction")
            told.append(cursor.fetchone()[0])
        yield ["x"]

    assert write(waiting, lambda export: Table(["name"], rows()))
    assert told == ["1"]


def test_two_workers_never_write_at_the_same_time(waiting):
    others = []

    def rows():
        others.append(_beside(lambda: write_due(table_of)))
        yield ["x"]

    assert write_due(lambda export: Table(["name"], rows())) == 1
    assert others == [0]


class _Killed(BaseException):
    """As a worker that is killed: nothing of it runs any more but what the database and the disk do by themselves."""


def test_what_a_worker_that_died_left_is_begun_anew_and_is_the_same(staff, storage, waiting):
    def dies():
        yield ["half of it"]
        raise _Killed

    with pytest.raises(_Killed):
        write_due(lambda export: Table(["name"], dies()))
    (storage / f".export-{waiting.pk}").mkdir()
    (storage / f".export-{waiting.pk}" / "left").write_text("x")
    waiting.refresh_from_db()
    assert waiting.state == "running"
    assert tasks.write_exports() == 1
    whole = body(staff.get(page(Site, "file_fetch", waiting.pk)))
    assert len(rows_of_csv(whole)) == 4
    assert [path.name for path in storage.iterdir()] == [f"{waiting.pk}.csv"]


def test_a_full_disk_is_told_with_what_to_do(staff, waiting):
    def full():
        yield ["x"]
        raise OSError(28, "No space left on device")

    assert write_due(lambda export: Table(["name"], full())) == 1
    shown = staff.get(page(Site, "file", waiting.pk)).content.decode()
    assert "No space left on device" in shown
    assert "ask again" in shown


def test_a_mistake_in_a_column_is_not_tried_for_ever(staff, waiting, storage):
    def wrong():
        yield ["x"]
        raise ZeroDivisionError

    assert write_due(lambda export: Table(["name"], wrong())) == 1
    assert write_due(table_of) == 0
    shown = staff.get(page(Site, "file", waiting.pk)).content.decode()
    assert "a mistake of this system" in shown
    assert "ZeroDivisionError" not in shown
    assert list(storage.iterdir()) == []


def test_nobody_has_more_than_a_few_on_their_way(staff, all_is_large):
    SiteFactory.create()
    for _ in range(MOST_AT_ONCE):
        ask(staff, Site, "csv")
    answer = staff.post(page(Site, "as_file"), {"format": "csv"}, follow=True)
    assert "wait until one of them is done" in answer.content.decode()
    assert Export.objects.count() == MOST_AT_ONCE
    assert tasks.write_exports() == MOST_AT_ONCE


def test_old_files_go_and_their_pages_say_so(staff, waiting, storage, settings):
    settings.EXPORTS_KEPT = dt.timedelta(days=7)
    tasks.write_exports()
    Export.objects.update(asked_at=timezone.now() - dt.timedelta(days=6, hours=23))
    assert forget_old() == 0
    Export.objects.update(asked_at=timezone.now() - dt.timedelta(days=7, minutes=1))
    assert tasks.forget_old_exports() == 1
    assert list(storage.iterdir()) == []
    answer = staff.get(page(Site, "file_fetch", waiting.pk), follow=True)
    assert "not there any more: ask for the list again" in answer.content.decode()


def test_a_file_that_somebody_deleted_is_told(staff, waiting, storage):
    tasks.write_exports()
    (storage / f"{waiting.pk}.csv").unlink()
    answer = staff.get(page(Site, "file_fetch", waiting.pk), follow=True)
    assert "ask for the list again" in answer.content.decode()


def test_others_files_are_not_told_of(staff, waiting):
    other = UserFactory.create(is_superuser=True)
    foreign = Export.objects.create(by=other, room="safes.site", format="xlsx")
    shown = staff.get(page(Site, "file", waiting.pk)).content.decode()
    assert page(Site, "file", foreign.pk) not in shown


def test_what_no_sheet_holds_goes_on_in_the_next(tmp_path, monkeypatch):
    monkeypatch.setattr(writers, "ROWS_OF_A_SHEET", 4)
    with open(tmp_path / "file", "w+b") as file:
        into = XlsxWriter(file, ["number", "text"], tmp_path)
        for number in range(7):
            into.write([number, "x"])
        into.close()
    sheets = sheets_of((tmp_path / "file").read_bytes())
    assert [[row[0] for row in sheet] for sheet in sheets] == [["number", 0, 1, 2], ["number", 3, 4, 5], ["number", 6]]


def test_a_list_without_rows_is_a_file_with_headings(tmp_path):
    with open(tmp_path / "file", "w+b") as file:
        XlsxWriter(file, ["number"], tmp_path).close()
    assert sheets_of((tmp_path / "file").read_bytes()) == [[["number"]]]


def test_formulas_and_links_are_texts_in_excel(tmp_path):
    with open(tmp_path / "file", "w+b") as file:
        into = XlsxWriter(file, ["text"], tmp_path)
        into.write(["{=1+1}"])
        into.write(["https://example.com"])
        into.close()
    with zipfile.ZipFile(tmp_path / "file") as parts:
        sheet = parts.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet
    assert "hyperlink" not in sheet


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_many_rows_need_no_more_memory_than_few(tmp_path, form):
    def peak(rows: int) -> int:
        tracemalloc.start()
        with open(tmp_path / f"{rows}", "w+b") as file:
            into = writers.writer(form, file, ["a", "b"], tmp_path)
            for number in range(rows):
                into.write([f"text {number}", Decimal(number)])
            into.close()
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    assert peak(8000) < peak(2000) + 200_000


@pytest.mark.parametrize(
    ("shown", "cell"),
    [
        (None, ""),
        ("–", ""),
        (True, "yes"),
        ("1,234.50 USD", Decimal("1234.50")),
        ("-0.0025", Decimal("-0.0025")),
        ("1,234.50 CAD", "1,234.50 CAD"),
        ("12", "12"),
        ("0012.50", "0012.50"),
        (10**15, "1000000000000000"),
        (999_999, 999_999),
        (Decimal("99999999999999.9999"), "99999999999999.9999"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("-2+3", "'-2+3"),
    ],
)
def test_cells_are_exact(shown, cell):
    assert cell_of(shown, "USD") == cell
    assert type(cell_of(shown, "USD")) is type(cell)


def test_csv_is_known_as_utf_8(tmp_path):
    with open(tmp_path / "file", "w+b") as file:
        into = CsvWriter(file, ["name"])
        into.write(["Zoë"])
        into.close()
    assert (tmp_path / "file").read_bytes() == b"\xef\xbb\xbfname\r\nZo\xc3\xab\r\n"


def _beside(do):
    """What another process would see and do: in a thread, with a connection of its own."""
    found = []

    def run():
        try:
            found.append(do())
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert connection.connection is not None
    return found[0]
