"""Files of any number of rows in constant memory: CSV, and Excel in as many sheets as it takes."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from decimal import Decimal
from io import TextIOWrapper
from pathlib import Path
from typing import IO, Any, Protocol

from xlsxwriter import Workbook

from safes.exporting.cells import Cell
from safes.models import Export

# Of a sheet, by the format itself; the first is of the headings.
ROWS_OF_A_SHEET = 1_048_576


class Writer(Protocol):
    """What is written row by row. Nothing is a whole file before ``close``."""

    def write(self, row: Sequence[Cell]) -> None: ...

    def close(self) -> None: ...


class CsvWriter:
    """UTF-8 with the mark by which spreadsheets know it."""

    def __init__(self, file: IO[bytes], headings: Sequence[str]) -> None:
        self._text = TextIOWrapper(file, encoding="utf-8-sig", newline="", write_through=False)
        self._rows = csv.writer(self._text)
        self._rows.writerow(headings)

    def write(self, row: Sequence[Cell]) -> None:
        self._rows.writerow(row)

    def close(self) -> None:
        self._text.flush()
        self._text.detach()


class XlsxWriter:
    """Amounts are numbers with two decimals, more where they have more; what does not fit goes on in another sheet."""

    def __init__(self, file: IO[bytes], headings: Sequence[str], scratch: Path) -> None:
        options = {"constant_memory": True, "tmpdir": str(scratch), "use_zip64": True}
        # A text is a text, whatever it looks like.
        texts = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
        self._book = Workbook(file, options | texts)
        self._amounts = self._book.add_format({"num_format": "#,##0.00##"})
        self._bold = self._book.add_format({"bold": True})
        self._headings = headings
        self._sheet: Any = None
        self._row = ROWS_OF_A_SHEET

    def write(self, row: Sequence[Cell]) -> None:
        if self._row >= ROWS_OF_A_SHEET:
            self._begin_sheet()
        sheet, number = self._sheet, self._row
        for column, cell in enumerate(row):
            if isinstance(cell, str):
                if cell:
                    sheet.write_string(number, column, cell)
            else:
                sheet.write_number(number, column, cell, self._amounts if isinstance(cell, Decimal) else None)
        self._row += 1

    def close(self) -> None:
        if self._sheet is None:
            self._begin_sheet()
        self._book.close()

    def _begin_sheet(self) -> None:
        self._sheet = self._book.add_worksheet()
        self._sheet.freeze_panes(1, 0)
        for column, heading in enumerate(self._headings):
            self._sheet.write_string(0, column, heading, self._bold)
        self._row = 1


def writer(format_: str, file: IO[bytes], headings: Sequence[str], scratch: Path) -> Writer:
    """``scratch`` is a directory for what is on its way; it may be left full by who is killed."""
    if format_ == Export.Format.XLSX:
        return XlsxWriter(file, headings, scratch)
    return CsvWriter(file, headings)
