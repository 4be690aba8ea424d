"""Daily files, as Loomis delivers them: everything of a day, also what its pushes lost. Pure but for `put`.

A file tells of what was collected on one day (UTC) and is there the next morning; some come late, some never.
"""

from __future__ import annotations

import datetime as dt
import os
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from transactions.simulation.collecting import collected
from transactions.simulation.estate import SimSafe
from transactions.simulation.happenings import Happening
from transactions.simulation.spelling import Row, spell

_DAY = dt.timedelta(days=1)
_ROWS_A_MESSAGE = 60


@dataclass(frozen=True, slots=True)
class FileHabits:
    """How often a file comes late or never: shares of the days. ``never`` are days counted from the first, 0."""

    late: float = 0.15
    missing: float = 0.1
    never: tuple[int, ...] = ()
    hour: int = 5  # of the next day, UTC


@dataclass(frozen=True, slots=True)
class DailyFile:
    """One file, and when it is delivered (UTC)."""

    name: str
    content: bytes
    due: dt.datetime
    rows: int
    happenings: tuple[Happening, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class DailyFiles:
    """The files of an estate about everything collected from ``first`` on and before ``last`` (instants)."""

    estate: list[SimSafe]
    first: dt.datetime
    last: dt.datetime
    habits: FileHabits = FileHabits()

    def __iter__(self) -> Iterator[DailyFile]:
        """In the order in which they are delivered."""
        return map(self.of, self.dates())

    def dates(self) -> list[dt.date]:
        """The days that have a file, or will, in the order in which their files are delivered."""
        begin, end = self.first.date(), (self.last - dt.timedelta(microseconds=1)).date()
        days = (begin + number * _DAY for number in range((end - begin).days + 1))
        return sorted((date for date in days if self.tells_of(date)), key=self.due)

    def tells_of(self, date: dt.date) -> bool:
        """Whether this day's file comes at all. The first one's does: nobody misses what has never been."""
        day = (date - self.first.date()).days
        comes = day <= 0 or self._luck("missing", date).random() >= self.habits.missing
        return comes and day not in self.habits.never

    def due(self, date: dt.date) -> dt.datetime:
        luck = self._luck("due", date)
        late = luck.randint(1, 3) * _DAY if luck.random() < self.habits.late else dt.timedelta()
        morning = dt.datetime.combine(date + _DAY, dt.time(self.habits.hour), dt.UTC)
        # No two at the same time.
        return morning + late + dt.timedelta(minutes=luck.randrange(45), seconds=date.toordinal() % 60)

    def of(self, date: dt.date) -> DailyFile:
        midnight = dt.datetime.combine(date, dt.time(), dt.UTC)
        pairs = collected(self.estate, max(midnight, self.first), min(midnight + _DAY, self.last))
        luck = self._luck("file", date)
        due = self.due(date)
        rows = [spell(safe, what, midnight + _DAY, luck) for safe, what in pairs for _ in range(what.copies)]
        name = f"transactions-SIM{self.estate[0].seed}-{date:%Y%m%d}.xml"
        return DailyFile(name, _written(rows, luck), due, len(rows), tuple(what for _, what in pairs))

    def _luck(self, *about: object) -> random.Random:
        return random.Random("/".join(map(str, (self.estate[0].seed, *about))))  # noqa: S311 - not a secret


def put(folder: Path, file: DailyFile) -> None:
    """Deliver a file: under another name until it is whole. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    draft = folder / f".{file.name}.part"
    draft.write_bytes(file.content)
    os.replace(draft, folder / file.name)


def _written(rows: list[Row], luck: random.Random) -> bytes:
    """The published shape, in one of the encodings and spacings that files come in."""
    encoding = luck.choices(("utf-8", "utf-8-sig", "utf-16", "windows-1252"), (8, 2, 1, 1))[0]
    namespace = ' xmlns="http://www.w3.org/2001/XMLSchema-instance"' if luck.random() < 0.05 else ""
    end = "\n" if luck.random() < 0.5 else ""
    parts = [f'<?xml version="1.0" encoding="{encoding.removesuffix("-sig")}"?>\n<Messages{namespace}>{end}']
    parts += [_message(part, end) for part in _parts(rows)]
    parts.append("</Messages>\n")
    return "".join(parts).encode(encoding, "xmlcharrefreplace")


def _parts(rows: list[Row]) -> Iterable[list[Row]]:
    return (rows[start : start + _ROWS_A_MESSAGE] for start in range(0, len(rows), _ROWS_A_MESSAGE))


def _message(rows: list[Row], end: str) -> str:
    inner = "".join(f"<CustomerTransaction>{_elements(row)}</CustomerTransaction>{end}" for row in rows)
    return f"<Message><Transactions>{end}{inner}</Transactions></Message>{end}"


def _elements(row: Row) -> str:
    return "".join(_element(name, value) for name, value in row.items())


def _element(name: str, value: Any) -> str:
    if value is None or value == []:
        return f"<{name} />"
    if isinstance(value, list) and isinstance(value[0], dict):
        value = "".join(_element("DenominationValue", one) for one in value)
    elif isinstance(value, list):
        return "".join(_element(name, one) for one in value)
    elif isinstance(value, dict):
        value = _elements(value)
    elif isinstance(value, float):
        value = f"{value:.4f}"
    else:
        value = escape(str(value).strip("~"))
    return f"<{name}>{value}</{name}>"
