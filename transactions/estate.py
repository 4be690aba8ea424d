"""What a change of the estate means for transactions: registered with safes.estate, which imports no other app."""

from __future__ import annotations

from django.db.transaction import on_commit

from safes.models import Safe
from transactions.drawing import draw_safe, draw_soon
from transactions.recording.derivation import derive_again
from transactions.recording.marks import touch


def follow_estate(safe_ids: list[int]) -> None:
    """Instants, currencies, business dates and findings of these safes, whose locks the caller holds."""
    touch(derive_again(safe_ids))
    for safe in Safe.objects.filter(pk__in=safe_ids).order_by("pk"):
        draw_safe(safe)
    on_commit(draw_soon)
