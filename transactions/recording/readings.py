"""What a further reading of a stored row adds to it: its offset, and the kind that its type has by now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from safes.estate import standings_of
from transactions.models import AuditEvent, Transaction
from transactions.recording.derivation import derive_times
from transactions.wire.records import Record


@dataclass(slots=True)
class Known:
    """What a row that is stored already says of itself."""

    id: int
    shown_by: int | None  # the message in the slot of the channel that shows it now
    sent_offsets: list[int] | None
    kind: str
    shown: bool  # by any message, of any channel


def read_again(
    table: type[Transaction] | type[AuditEvent], records: Sequence[Record], known: Mapping[int, Known]
) -> None:
    """Bring stored rows in step with this reading of them; ``known`` has them by their numbers in ``records``."""
    _merge_offsets(table, records, known)
    _classify_anew(table, records, known)


def _merge_offsets(
    table: type[Transaction] | type[AuditEvent], records: Sequence[Record], known: Mapping[int, Known]
) -> None:
    """Where readings of a record carry different offsets, keep all of them: which one wins must not hang on order."""
    changed: dict[int, list[int]] = {}
    for number, stored in known.items():
        offset = records[number].sent_offset
        # Of a row that nobody showed until now no reading counts but this one.
        before = set(stored.sent_offsets or ())
        now = (before if stored.shown else set()) | ({offset} if offset is not None else set())
        if now != before:
            changed[stored.id] = sorted(now)
    if not changed:
        return
    stored_rows: list[Transaction | AuditEvent] = list(table.objects.filter(pk__in=changed))
    for row in stored_rows:
        row.sent_offsets = changed[row.pk] or None
    derive_times(table, stored_rows, standings_of({row.safe_id for row in stored_rows}))


def _classify_anew(
    table: type[Transaction] | type[AuditEvent], records: Sequence[Record], known: Mapping[int, Known]
) -> None:
    """A type that the catalogue has learnt since a row was stored gives that row its kind when it is shown again."""
    learnt: dict[str, list[int]] = {}
    for number, stored in known.items():
        kind = records[number].kind.value
        if kind != stored.kind:
            learnt.setdefault(kind, []).append(stored.id)
    for kind, ids in learnt.items():
        table.objects.filter(pk__in=ids).update(kind=kind)
