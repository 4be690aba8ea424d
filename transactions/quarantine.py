"""What could not be understood: kept row by row with its reason and its cash, and one finding per delivery."""

from __future__ import annotations

from decimal import Decimal

from safes.estate import site_of
from safes.findings import Facts, settle
from safes.models import Finding, Safe
from transactions.models import Delivery, QuarantinedRow
from transactions.models.endpoint import Environment
from transactions.wire.values import BadRow

# All are counted, in the delivery and in the finding; more than these nobody reads one by one.
_KEPT_ROWS = 5_000


def keep_bad_rows(delivery: Delivery, bad_rows: list[BadRow]) -> None:
    """Keep what could not be understood, and the finding that says so, in step with the latest reading."""
    if delivery.recorded_at is not None:
        delivery.quarantined_rows.all().delete()
    elif not bad_rows:
        return
    QuarantinedRow.objects.bulk_create(
        QuarantinedRow(
            delivery=delivery,
            position=row.position,
            reason=row.reason,
            content=row.content.replace("\x00", "\\u0000"),
            serial_number=row.serial_number,
            amount=row.amount,
        )
        for row in bad_rows[:_KEPT_ROWS]
    )
    settle(
        "quarantined_row",
        {f"delivery {delivery.pk}": _facts(delivery, bad_rows)},
    )


def _facts(delivery: Delivery, bad_rows: list[BadRow]) -> Facts | None:
    if not bad_rows:
        return None
    serials = sorted({row.serial_number for row in bad_rows if row.serial_number})
    safe = Safe.objects.filter(serial_number=serials[0]).first() if len(serials) == 1 else None
    amounts = [abs(row.amount) for row in bad_rows if row.amount is not None]
    what, file = f"delivery {delivery.pk}", {}
    if delivery.feed is not None:
        what = f"the file {delivery.file_name} of the feed {delivery.feed.name}"
        file = {"feed": delivery.feed.name, "file": delivery.file_name}
    if bad_rows[0].position == 0:
        summary = f"{what[0].upper()}{what[1:]} could not be read: {bad_rows[0].reason} Ask Loomis what they sent."
    else:
        rows = "1 row" if len(bad_rows) == 1 else f"{len(bad_rows)} rows"
        summary = f"{rows} of {what} could not be read: {bad_rows[0].reason} Look at the raw rows."
    # What a test endpoint is sent is in nobody's books, so no cash hangs on it.
    cash = sum(amounts, Decimal(0)) if amounts and not _is_test(delivery) else None
    severity = Finding.Severity.CRITICAL if cash else Finding.Severity.WARNING
    return Facts(
        summary=summary,
        severity=Finding.Severity.INFO if _is_test(delivery) else severity,
        safe_id=safe.pk if safe else None,
        site_id=site_of(safe.pk) if safe else None,
        cash_at_stake=cash,
        detail={
            "delivery": delivery.pk,
            **file,
            "serial_numbers": serials[:50],
            "rows": [{"position": row.position, "reason": row.reason} for row in bad_rows[:50]],
            "row_count": len(bad_rows),
        },
    )


def _is_test(delivery: Delivery) -> bool:
    source = delivery.endpoint or delivery.feed
    return source is not None and source.environment == Environment.TEST
