"""Simulated daily files: readable without loss, odd, late and missing by their seed, and true to what happened."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from io import BytesIO
from pathlib import Path

from tests.transactions.simulated import BEGIN, ODD, told_fact
from transactions.simulation.collecting import facts_between
from transactions.simulation.estate import make_estate
from transactions.simulation.files import DailyFiles, FileHabits, put
from transactions.simulation.messages import told
from transactions.wire.file_xml import read_rows
from transactions.wire.records import Record

DAYS = 20
END = BEGIN + dt.timedelta(days=DAYS)
ESTATE = make_estate(3, 2, 6)
PUNCTUAL = FileHabits(late=0, missing=0)


def test_the_files_tell_all_that_was_collected_once():
    found: Counter[tuple[object, ...]] = Counter()
    for file in DailyFiles(ESTATE, BEGIN, END, PUNCTUAL):
        rows = list(read_rows(BytesIO(file.content)))
        assert len(rows) == file.rows
        for row in rows:
            assert isinstance(row, Record)
            found[told_fact(row)] += 1
    transactions, audit_events = facts_between(ESTATE, BEGIN, END)
    assert found == Counter(transactions | audit_events)


def test_files_come_in_every_spelling():
    content = [file.content for file in DailyFiles(ESTATE[:1], BEGIN, END + dt.timedelta(days=80), PUNCTUAL)]
    assert any(one.startswith(b"\xef\xbb\xbf<") for one in content)
    assert any(one.startswith((b"\xff\xfe", b"\xfe\xff")) for one in content)
    assert any(b'encoding="windows-1252"' in one for one in content)
    assert any(b"xmlns=" in one for one in content)
    assert any(b"<DenominationValue>" in one for one in content)


def test_the_same_seed_writes_the_same_bytes_again():
    one, again = (DailyFiles(make_estate(3, 2, 6), BEGIN, END) for _ in range(2))
    assert list(one) == list(again)


def test_some_come_late_and_some_never_but_the_first():
    files = DailyFiles(ESTATE, BEGIN, END + dt.timedelta(days=40))
    days_of = [file.due.date() - dt.date.fromisoformat(file.name[-12:-4]) for file in files]
    assert Counter(day.days == 1 for day in days_of)[False] > 3
    assert 40 < len(days_of) < DAYS + 40
    assert BEGIN.date() in files.dates()
    dues = [file.due for file in files]
    assert dues == sorted(dues)


def test_what_is_lost_on_the_way_is_in_a_file():
    files = DailyFiles(ESTATE, BEGIN, END)
    step = dt.timedelta(hours=1)
    pushed = {
        what.fact
        for message in told(ESTATE, BEGIN, END, step, habits=ODD, in_a_file=files.tells_of)
        for what in message.happenings
    }
    delivered = {what.fact for file in files for what in file.happenings}
    transactions, audit_events = facts_between(ESTATE, BEGIN, END)
    everything = set(transactions | audit_events)
    assert pushed < everything
    assert delivered < everything
    assert pushed | delivered == everything


def test_a_file_bears_its_name_only_when_it_is_whole(tmp_path: Path):
    file = next(iter(DailyFiles(ESTATE, BEGIN, END)))
    put(tmp_path / "new" / "folder", file)
    assert [path.name for path in (tmp_path / "new" / "folder").iterdir()] == [file.name]
    assert (tmp_path / "new" / "folder" / file.name).read_bytes() == file.content
