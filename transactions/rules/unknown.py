"""unknown_safe and unknown_type: what came from a safe, or is of a type, that nobody has told us about."""

from __future__ import annotations

from decimal import Decimal

from django.db.models import Count, F, Func, Q, Sum

from safes.estate import site_of
from safes.findings import Facts
from safes.models import Finding, Safe
from transactions.catalogue import CASH_KINDS, Kind
from transactions.models import Book, Transaction


def unknown_safe(safe: Safe) -> Facts | None:
    """Facts while a safe is unregistered or stands nowhere: its transactions are kept, but have no instant or site."""
    if safe.status != Safe.Status.UNREGISTERED and safe.placements.exists():
        return None
    rows = Transaction.objects.filter(safe=safe, book=Book.PRODUCTION, counted=True, kind__in=CASH_KINDS)
    sums = rows.aggregate(count=Count("pk"), cash=Sum(Func(F("amount"), function="abs")))
    return Facts(
        summary=(
            f"Nobody has registered safe {safe.serial_number}. Place it at a site, or ask Loomis whose it is; its "
            "transactions are kept and fall into place by themselves."
        ),
        severity=Finding.Severity.WARNING,
        safe_id=safe.pk,
        cash_at_stake=sums["cash"] or Decimal(0),
        detail={"cash_transactions": sums["count"]},
    )


def unknown_types(safe: Safe) -> dict[str, Facts]:
    """Facts by type, for the types this safe sent that the catalogue does not know."""
    rows = (
        Transaction.objects.filter(Q(kind=Kind.UNKNOWN), safe=safe, book=Book.PRODUCTION, counted=True)
        .order_by("type")
        .values("type")
        .annotate(count=Count("pk"), cash=Sum(Func(F("amount"), function="abs")))
    )
    site = site_of(safe.pk) if rows else None
    return {
        row["type"]: Facts(
            summary=(
                f"Safe {safe.serial_number} sent transactions of type “{row['type']}”, which Loomis's documents do not "
                "list. They are kept and counted nowhere: ask Loomis what the type means."
            ),
            safe_id=safe.pk,
            site_id=site,
            cash_at_stake=row["cash"],
            detail={"type": row["type"], "transactions": row["count"]},
        )
        for row in rows
    }
