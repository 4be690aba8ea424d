"""Lists as CSV, for spreadsheets: streamed, and no cell begins a formula."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from rest_framework.renderers import BaseRenderer

MEDIA_TYPE = "text/csv"
# Longer lists are refused rather than cut: a list that ends early is cash that is missing.
LONGEST = 100_000

# What a spreadsheet takes for the beginning of a formula, in their wide forms too.
_FORMULA = re.compile(r"\s*[=+\-@＝＋－＠]|[\t\r\n]")
_NUMBER = re.compile(r"-?\d+(\.\d+)?", re.ASCII)


class CSVRenderer(BaseRenderer):
    """Stands for the form when it is asked for; the view itself streams the rows."""

    media_type = MEDIA_TYPE
    format = "csv"
    charset = "utf-8"

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> bytes:
        raise NotImplementedError("Lists stream their rows; see safes.api.reading.")


def cell(value: Any) -> str:
    """A value as a cell: lists and objects as JSON, null as nothing, text never as a formula."""
    if value is None:
        return ""
    if isinstance(value, bool | list | dict):
        return json.dumps(value, ensure_ascii=False)
    text = str(value)
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.fullmatch(text) else text


class _Line:
    """What csv writes to: it hands each line back."""

    def write(self, line: str) -> str:
        return line


def lines(names: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """The line of names, then one for each row."""
    writer = csv.writer(_Line())
    yield writer.writerow(names)
    for row in rows:
        yield writer.writerow([cell(row[name]) for name in names])
