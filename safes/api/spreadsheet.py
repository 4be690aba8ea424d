"""Lists as CSV, for spreadsheets: whole or not at all, and no cell begins a formula."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from io import TextIOWrapper
from tempfile import SpooledTemporaryFile
from typing import Any

from django.http import FileResponse
from rest_framework.renderers import BaseRenderer

MEDIA_TYPE = "text/csv"
# Longer lists are refused rather than cut: a list that ends early is cash that is missing.
LONGEST = 100_000
_IN_MEMORY = 1 << 20

# What a spreadsheet takes for the beginning of a formula, in their wide forms too.
_FORMULA = re.compile(r"\s*[=+\-@＝＋－＠]|[\t\r\n]")
_NUMBER = re.compile(r"-?\d+(\.\d+)?", re.ASCII)


class CSVRenderer(BaseRenderer):
    """Stands for the form when it is asked for; the view itself writes the rows."""

    media_type = MEDIA_TYPE
    format = "csv"
    charset = "utf-8"

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> bytes:
        raise NotImplementedError("Lists write their rows themselves; see safes.api.reading.")


def cell(value: Any) -> str:
    """A value as a cell: lists and objects as JSON, null as nothing, text never as a formula."""
    if value is None:
        return ""
    if isinstance(value, bool | list | dict):
        return json.dumps(value, ensure_ascii=False)
    text = str(value)
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.fullmatch(text) else text


def as_file(title: str, names: Sequence[str], chunks: Iterable[Iterable[Mapping[str, Any]]]) -> FileResponse:
    """The line of names, then one for each row.

    All of it is written down before the first byte is sent. Web servers end an answer whose rows fail halfway as if it
    were complete, and half a list is cash that is missing: so a failure is an error, and what is sent has its length.
    """
    with ExitStack() as unless_done:
        file = unless_done.enter_context(SpooledTemporaryFile(max_size=_IN_MEMORY))
        text = TextIOWrapper(file, encoding="utf-8", newline="", write_through=True)
        writer = csv.writer(text)
        writer.writerow(names)
        for rows in chunks:
            writer.writerows([cell(row[name]) for name in names] for row in rows)
        text.detach()
        file.seek(0)
        unless_done.pop_all()
    return FileResponse(file, as_attachment=True, filename=f"{title}.csv", content_type=f"{MEDIA_TYPE}; charset=utf-8")
