"""What the preview of an upload says of its rows. Rows are numbered as a spreadsheet does, the headings being row 1."""

from __future__ import annotations

from typing import Any

from django import template
from import_export.results import Result

register = template.Library()
# Names of attributes that are not those of their columns.
_COLUMNS = {"stands_at": "site", "stands_since": "from"}


@register.simple_tag
def counted(result: Result) -> dict[str, int]:
    """How many rows are new, changed, and as they are."""
    totals: dict[str, int] = result.totals
    return totals


@register.simple_tag
def wrong_cells(result: Result) -> list[dict[str, Any]]:
    """Row, column, what stands there and why it cannot be taken, for every mistake."""
    cells = []
    for bad in result.invalid_rows:
        values = dict(zip(result.diff_headers, bad.values, strict=False))
        for attribute, reasons in bad.field_specific_errors.items():
            column = _COLUMNS.get(attribute, attribute)
            cells += [_cell(bad.number, column, values.get(column), reason) for reason in reasons]
        cells += [_cell(bad.number, "", "", reason) for reason in bad.non_field_specific_errors]
    for number, errors in result.row_errors():
        cells += [_cell(number, "", "", error.error) for error in errors]
    return sorted(cells, key=lambda cell: int(cell["row"]))


def _cell(number: int, column: str, value: Any, reason: Any) -> dict[str, Any]:
    return {"row": number + 1, "column": column, "value": "" if value is None else str(value)[:60], "reason": reason}
