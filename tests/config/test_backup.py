"""Backup and restore as docs/operations.md tells it: what comes back is all that was there, counted."""

from __future__ import annotations

import json
import re
import stat
import threading
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from tests.docs.pages import page
from tests.factories import PushEndpointFactory, body_of, cash_in, deliver
from tests.transactions.feeds.filing import file_in, xml
from tests.transactions.pushing import drop
from transactions.models import Feed, Transaction

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("backup")]
SECOND = "strongroom_trial"


@pytest.fixture
def pushes() -> Iterator[None]:
    endpoint = PushEndpointFactory.create()
    for second in range(3):
        rows = [cash_in(Amount=float(20 * second + number)) for number in range(1, 5)]
        deliver(endpoint, body_of(*rows, {"SerialNumber": 7}))
    yield
    with connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {SECOND} WITH (FORCE)")


def told(*words: str) -> dict[str, Any]:
    out = StringIO()
    call_command(*words, "--json", stdout=out)
    answer: dict[str, Any] = json.loads(out.getvalue())
    return answer


def documented() -> list[list[str]]:
    """The management commands of the section, as words without the interpreter."""
    section = page("docs/operations.md").section("Backup and restore")
    return [line.split()[2:] for line in re.findall(r"^\.venv/bin/python manage\.py .+$", section, re.MULTILINE)]


def test_the_documented_commands_bring_back_every_row(pushes: None, tmp_path: Path):
    first, second = documented()[:2]
    assert (first[0], second[0], second[2:]) == ("backup", "restore_backup", ["--into", SECOND])
    made = told("backup", str(tmp_path / "backups"))
    dump = Path(made["file"])
    assert stat.S_IMODE(dump.stat().st_mode) == 0o600
    rows = json.loads(dump.with_suffix(".json").read_text())["rows"]
    assert rows["transactions_transaction"] == Transaction.objects.count() == 12
    assert rows["transactions_deliverybody"] == 3

    back = told("restore_backup", str(dump), *second[2:])
    assert (back["tables"], back["rows"]) == (made["tables"], made["rows"])
    assert amounts(SECOND) == amounts(None)


def test_pushes_that_come_meanwhile_neither_wait_nor_spoil_the_counts(pushes: None, tmp_path: Path):
    over = threading.Event()

    def push_on() -> None:
        endpoint = PushEndpointFactory.create()
        while not over.is_set():
            deliver(endpoint, body_of(cash_in(Amount=99.0)))
        connection.close()

    pusher = threading.Thread(target=push_on)
    pusher.start()
    made = told("backup", str(tmp_path))
    over.set()
    pusher.join()
    assert told("restore_backup", made["file"], "--into", SECOND)["rows"] == made["rows"]


def test_a_file_that_is_cut_short_is_refused(pushes: None, tmp_path: Path):
    dump = Path(told("backup", str(tmp_path))["file"])
    dump.write_bytes(dump.read_bytes()[:-100])
    with pytest.raises(CommandError, match="is not the file that was written"):
        call_command("restore_backup", str(dump), "--into", SECOND)
    assert not exists(SECOND)


def test_counts_that_differ_fail_the_restore(pushes: None, tmp_path: Path):
    dump = Path(told("backup", str(tmp_path))["file"])
    beside = dump.with_suffix(".json")
    beside.write_text(re.sub(r'("transactions_transaction": )\d+', r"\g<1>13", beside.read_text()))
    with pytest.raises(CommandError, match=r"have not the rows they had: transactions_transaction\."):
        call_command("restore_backup", str(dump), "--into", SECOND)


def test_bodies_that_are_missing_in_their_storage_fail_the_restore_until_they_are_back(
    pushes: None, tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
):
    kept = tmp_path / "kept"
    bodies = settings.STORAGES["bodies"] | {"OPTIONS": {"location": str(kept)}}
    settings.STORAGES = settings.STORAGES | {"bodies": bodies}
    monkeypatch.setattr("transactions.bodies._LARGEST_IN_DATABASE", 100)
    file_in(Feed.objects.create(name="daily"), "a.xml", xml([drop(1)]))
    dump = told("backup", str(tmp_path))["file"]
    hidden = kept.rename(tmp_path / "hidden")
    with pytest.raises(CommandError, match=r"1 raw body is not in the storage of bodies, .*\(BODIES_DIR\) back"):
        call_command("restore_backup", dump, "--into", SECOND)
    hidden.rename(kept)
    with connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE {SECOND}")
    told("restore_backup", dump, "--into", SECOND)


def test_a_database_with_data_is_not_restored_over(pushes: None, tmp_path: Path):
    dump = told("backup", str(tmp_path))["file"]
    with pytest.raises(CommandError, match="is not empty"):
        call_command("restore_backup", dump)
    assert Transaction.objects.count() == 12


def exists(name: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM pg_database WHERE datname = %s)", [name])
        return bool(cursor.fetchone()[0])


def amounts(name: str | None) -> list[tuple[Any, ...]]:
    database = connection.copy()
    if name is not None:
        database.settings_dict = {**database.settings_dict, "NAME": name}
    with database.cursor() as cursor:
        cursor.execute(f"SELECT id, amount, key_digest FROM {Transaction._meta.db_table} ORDER BY id")
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    database.close()
    return rows
