"""When two records are the same. DOMAIN.md section 1, "Identity". Pure: no ORM, no clock.

Not part of it: RetrievedOn, message ids, how numbers were spelt, anything that depends on a time zone.
"""

from __future__ import annotations

import hashlib

from transactions.wire.records import Record

DIGEST_SIZE = 16


def key_digest(record: Record) -> bytes:
    """128 bits that are equal exactly for records that are the same."""
    parts = (
        record.serial_number,
        "" if record.pickup_group_id is None else str(record.pickup_group_id),
        record.local_time.isoformat(),
        record.type,
        record.user_name or "",
        str(record.amount),
        ",".join([denomination.text for denomination in record.denominations]),
        record.register or "",
        record.change_purchase_number or "",
        record.deposit_reference_number or "",
        record.door_name or "",
        record.tube_column or "",
        record.tube_count or "",
    )
    text = "\x1f".join(parts)
    if text.count("\x1f") >= len(parts):
        # A separator within a text: spell the parts so that no two lists of them read alike.
        text = repr(parts)
    return hashlib.blake2b(text.encode(), digest_size=DIGEST_SIZE).digest()
