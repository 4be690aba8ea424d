"""What is in a safe now, on the safe's own page."""

from __future__ import annotations

from django.db.models import CharField
from django.db.models.expressions import RawSQL
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.decorators import display

from safes.admin.bases import EMPTY, day, link, money, nowrap, table
from safes.admin.safes import SafeAdmin
from safes.models import Safe
from transactions.admin.safe_days import safe_days_url
from transactions.models import Drops
from transactions.reconciliation.contents.adding_up import Contents, Pieces
from transactions.reconciliation.contents.now import contents_of


@display(description="in it now, by the books")
def contents_now(safe: Safe) -> SafeString:
    """For each currency what the courier would take, and what the safe gives out."""
    found = contents_of([safe.pk])[safe.pk]
    if not found:
        return EMPTY
    shown = format_html_join("", "{}", ((_shown(one),) for one in found))
    return format_html("{}<p>{}</p>", shown, link(safe_days_url(serial_number=safe.serial_number), "its days"))


def _shown(one: Contents) -> SafeString:
    rows: list[tuple[object, ...]] = []
    if one.total or one.pieces:
        since = f"since {day(one.since)}{_counted(one.is_counted)}"
        rows.append(("For the courier", "", nowrap(money(one.total, one.currency)), since))
        rows += _lines(one.pieces, one.without_pieces, one.currency)
        if one.manual:
            rows.append(("", "manual drops, which no machine counted", nowrap(money(one.manual, one.currency)), ""))
    if one.inventory or one.inventory_pieces:
        since = f"since {day(one.inventory_since)}" if one.inventory_since else "since first seen"
        rows.append(
            ("Inventory", "", nowrap(money(one.inventory, one.currency)), since + _counted(one.inventory_is_counted))
        )
        rows += _lines(one.inventory_pieces, one.inventory_without_pieces, one.currency)
    return table(("", "Unit value", "Amount", ""), rows or [(one.currency or "no currency", "empty", "", "")])


def _lines(pieces: Pieces, without: object, currency: str) -> list[tuple[object, ...]]:
    lines: list[tuple[object, ...]] = [
        ("", nowrap(f"{unit:f} × {count:,}"), nowrap(money(unit * count, currency)), "") for unit, count in pieces
    ]
    if without:
        lines.append(("", "not told by denomination", nowrap(money(without, currency)), ""))
    return lines


def _counted(is_counted: bool) -> str:
    return ", from a counted opening" if is_counted else ""


# Of each safe what waits for the courier, by currency: few lines, by an index of their own.
_HELD = f"""(
SELECT string_agg(to_char(amount, 'FM999,999,999,990.00') || ' ' || currency, ' + ' ORDER BY currency) FROM (
    SELECT currency, sum(validated + manual + counted) AS amount FROM {Drops._meta.db_table} d
    WHERE d.safe_id = {Safe._meta.db_table}.id AND leaves_on IS NULL AND counted_on IS NULL
    GROUP BY currency
) held WHERE amount <> 0)"""

SafeAdmin.held_now = RawSQL(_HELD, [], output_field=CharField())  # noqa: S611 - nothing in it comes from outside
SafeAdmin.known_beside = (*SafeAdmin.known_beside, contents_now)
