"""What a worksheet is made of, before anybody draws it: the page and the PDF are two drawings of one sheet.

Pure: no ORM, no clock. Amounts are texts here, as staff read them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from safes.admin.bases import EMPTY, money


@dataclass(frozen=True, slots=True)
class Cell:
    """A text, and where it leads; figures stand under each other."""

    text: str
    url: str = ""
    is_figure: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    cells: tuple[Cell, ...]
    is_sum: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    """A table under a heading. Without lines the note says why, or the section is left out."""

    title: str
    headers: tuple[str, ...] = ()
    lines: tuple[Line, ...] = ()
    note: str = ""
    anchor: str = ""

    @property
    def columns(self) -> list[tuple[str, bool]]:
        """Each heading, and whether figures stand below it."""
        return [
            (header, any(line.cells[place].is_figure for line in self.lines))
            for place, header in enumerate(self.headers)
        ]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A worksheet: what it is of, in a few facts, and its tables."""

    title: str
    name: str
    facts: tuple[tuple[str, Cell], ...]
    sections: tuple[Section, ...] = field(default_factory=tuple)


def words(text: object, url: str = "") -> Cell:
    return Cell(str(text), url)


def number(count: int, url: str = "") -> Cell:
    return Cell(f"{count:,}", url, is_figure=True)


def figure(amount: Decimal | None, url: str = "") -> Cell:
    """An amount; its currency stands in the head. Nothing, and not zero, where there is none."""
    return Cell(str(EMPTY) if amount is None else money(amount, None), "" if amount is None else url, is_figure=True)


def with_sign(amount: Decimal | None, url: str = "") -> Cell:
    """With its sign, so that over and short are told apart at a glance."""
    cell = figure(amount, url)
    return Cell(f"+{cell.text}", cell.url, is_figure=True) if amount is not None and amount > 0 else cell


BLANK = Cell("")


def line(*cells: Cell, is_sum: bool = False) -> Line:
    return Line(cells, is_sum)


def section(title: str, headers: Sequence[str], lines: Sequence[Line], *, note: str = "", anchor: str = "") -> Section:
    return Section(title, tuple(headers), tuple(lines), note, anchor)
