"""When two records are the same. DOMAIN.md section 1, "Identity". Pure: no ORM, no clock.

Not part of it: RetrievedOn, message ids, how numbers were spelt, anything that depends on a time zone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from transactions.wire.records import Record, spelt

DIGEST_SIZE = 16
KEY = (
    "serial_number",
    "pickup_group_id",
    "local_time",
    "type",
    "user_name",
    "amount",
    "denominations",
    "register",
    "change_purchase_number",
    "deposit_reference_number",
    "door_name",
    "tube_column",
    "tube_count",
)
_SEPARATOR = "\x1f"


def key_digest(record: Record) -> bytes:
    """128 bits that are equal exactly for records that are the same."""
    return key_digests(spelt([record]))[0]


def key_digests(columns: Mapping[str, Sequence[Any]]) -> list[bytes]:
    """The digests of many records, from their columns as ``spelt`` makes them."""
    parts = [["" if value is None else str(value) for value in columns[name]] for name in KEY]
    texts = list(map(_SEPARATOR.join, zip(*parts, strict=True)))
    if "".join(texts).count(_SEPARATOR) > len(texts) * (len(KEY) - 1):
        # A separator within a text: spell the parts so that no two lists of them read alike.
        texts = [
            repr(key) if text.count(_SEPARATOR) >= len(KEY) else text
            for text, key in zip(texts, zip(*parts, strict=True), strict=True)
        ]
    return [hashlib.blake2b(text.encode(), digest_size=DIGEST_SIZE).digest() for text in texts]
