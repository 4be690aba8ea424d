"""docs/worked-week.md as tests read it: what happened, and what the books are to say of it."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from typing import Any

from config.data_dir import CHECKOUT

PAGE = CHECKOUT / "docs/worked-week.md"
YEAR, MONTH = 2026, 3

Row = dict[str, str]


def table(heading: str) -> list[Row]:
    """The first table below a heading, or below the title."""
    _, _, below = PAGE.read_text().partition(f"# {heading}\n")
    assert below, f"There is no heading {heading}."
    lines = [line for line in re.split(r"^#", below, maxsplit=1, flags=re.MULTILINE)[0].splitlines() if line[:1] == "|"]
    names, _, *rows = ([cell.strip() for cell in line.strip("|").split("|")] for line in lines)
    return [dict(zip(names, row, strict=True)) for row in rows]


def date(text: str) -> dt.date:
    return dt.date(YEAR, MONTH, int(text.split()[0]))


def wall(text: str) -> dt.datetime:
    return dt.datetime.combine(date(text), dt.time.fromisoformat(text.split()[1]))


def amount(text: str) -> Decimal | None:
    return Decimal(text) if text else None


def sent(row: Row) -> dict[str, Any]:
    """What happened as Loomis tells it."""
    told: dict[str, Any] = {
        "SerialNumber": row["safe"],
        "TransactionDateTime": wall(row["when"]).isoformat(),
        "TransactionType": row["type"],
        "Amount": float(row["amount"]),
        "UserName": row["user"],
        "Register": row["register"] or None,
        "PickupGroupId": int(row["group"] or 0),
        "ChangePurchaseNumber": row["for"] or None,
    }
    if row["type"] == "DoorOpened":
        told |= {"DoorName": "Upper", "Amount": None}
    if row["pieces"]:
        count, unit, currency = re.fullmatch(r"(\d+) × (\d+)(?: (\w+))?", row["pieces"]).groups()  # type: ignore[union-attr]
        told["Denominations"] = [{"UnitValue": int(unit), "Count": int(count), "Currency": currency}]
    return told
