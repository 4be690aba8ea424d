"""What is in a file, as a spreadsheet reads it."""

from __future__ import annotations

import csv
import io
from typing import Any

from openpyxl import load_workbook

from safes.models import Export
from tests.staff import page


def body(response: Any) -> bytes:
    return b"".join(response.streaming_content)


def rows_of_csv(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))


def sheets_of(content: bytes) -> list[list[list[Any]]]:
    book = load_workbook(io.BytesIO(content), read_only=True)
    return [[list(row) for row in sheet.iter_rows(values_only=True)] for sheet in book.worksheets]


def ask(client: Any, model: Any, form: str, query: str = "") -> Any:
    """Ask for a list; what the first answer is."""
    return client.post(f"{page(model, 'as_file')}?{query}", {"format": form})


def fetched(client: Any, model: Any, form: str, query: str = "") -> bytes:
    """Ask for a little list, which is written at once, and fetch it."""
    answer = ask(client, model, form, query)
    assert answer["Location"] == page(model, "file_fetch", Export.objects.order_by("pk").last().pk)  # type: ignore[union-attr]
    return body(client.get(answer["Location"]))
