"""The body of a Loomis push, read.

loomis-platformsync-api, "Payload" and "Audit Transactions"; DOMAIN.md section 1. Lenient on purpose: whatever can be
told apart is read row by row, so that one bad row costs no neighbour. Pure: no ORM, no clock.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from transactions.wire.numbers import readable_amount
from transactions.wire.plain_json import read_plain
from transactions.wire.records import Record, read_record
from transactions.wire.texts import clean
from transactions.wire.values import BadRow, BodyError, Repeated, RowError, pairs_of

_KEPT_TEXT = 20_000
# Loomis sends a thousand; what fits into the largest body as rows of any sense is less than this.
MOST_ROWS = 200_000
_MOST_WRAPPERS = 10


@dataclass(slots=True)
class Message:
    """What one body says: its id (None where none was sent), its metadata, its rows, good and bad."""

    message_id: str | None = None
    metadata: dict[str, str] = field(default_factory=dict)
    records: list[Record] = field(default_factory=list)
    bad_rows: list[BadRow] = field(default_factory=list)

    @property
    def received(self) -> int:
        return len(self.records) + len(self.bad_rows)


def read_message(body: bytes) -> Message:
    """Read a push body.

    Raises BodyError when it is not JSON, or not an object with ``Transactions`` or ``CustomerTransaction``.
    """
    plain = read_plain(body, MOST_ROWS)
    if plain is not None:
        message = Message(records=plain.records)
        _read_metadata(message, plain.metadata)
        return message
    root = _load(body)
    if not isinstance(root, dict):
        raise BodyError("The body is JSON, but not an object with “Transactions”.")
    message = Message()
    rows: list[Any] = []
    shapeless: list[Any] = []
    found, wrong = False, BodyError("The body has no “Transactions”.")
    for name, value in pairs_of(root):
        match name.strip().lower():
            case "metadata":
                _read_metadata(message, value)
            case "transactions" | "customertransaction" if value is not None:
                try:
                    rows.extend(_rows(value, name))
                    found = True
                except BodyError as error:
                    wrong = error
                    shapeless.append(value)
    if not found:
        raise wrong
    # What has no shape beside rows that have one is quarantined without them.
    rows += shapeless
    if len(rows) > MOST_ROWS:
        raise BodyError(f"The body lists {len(rows):,} rows; more than {MOST_ROWS:,} cannot be records of any sense.")
    for position, row in enumerate(rows, start=1):
        try:
            message.records.append(read_record(row))
        except RowError as refused:
            message.bad_rows.append(_bad_row(position, row, str(refused)))
        except RecursionError:
            message.bad_rows.append(_bad_row(position, row, "The row is nested too deep."))
    return message


def _load(body: bytes) -> Any:
    text = _decode(body)
    try:
        return _parse(text)
    except RecursionError:
        return _parse(_fold_bombs(text))


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    read = dict(pairs)
    return read if len(read) == len(pairs) else Repeated(pairs)


def _integer(text: str) -> int | Decimal:
    return int(text) if len(text) < 40 else Decimal(text)


def _fraction(text: str) -> Decimal | float:
    try:
        return Decimal(text)
    except InvalidOperation:
        return math.inf  # an exponent of nineteen digits


# strict=False: a raw line break within a text is against RFC 8259 but harms nothing.
_decoder = json.JSONDecoder(object_pairs_hook=_object, parse_float=Decimal, strict=False)
_patient_decoder = json.JSONDecoder(object_pairs_hook=_object, parse_float=_fraction, parse_int=_integer, strict=False)


def _parse(text: str) -> Any:
    try:
        try:
            return _decoder.decode(text)
        except json.JSONDecodeError:
            raise
        except (ValueError, InvalidOperation):
            # Python refuses to convert a number of thousands of digits; it is judged in its row, not against the body.
            return _patient_decoder.decode(text)
    except ValueError as error:
        raise BodyError(f"The body is not JSON: {error}.") from None


def _decode(body: bytes) -> str:
    """Text of the body, by its byte order mark or as UTF-8; what is not ends as surrogates, refused by the row."""
    encoding = json.detect_encoding(body)
    if encoding.startswith("utf-8"):
        return body.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "surrogateescape")
    try:
        return body.decode(encoding, "surrogatepass")
    except UnicodeDecodeError:
        raise BodyError(f"The body looks like {encoding} but is not.") from None


_DEEP = 64
# Possessive, and content with a text that never ends: no part of the body is looked at twice.
_TOKEN = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[\[\]{}]', re.DOTALL)


def _fold_bombs(text: str) -> str:
    """The text with whatever is nested more than 64 deep replaced by NaN, so that only its own row is refused."""
    kept: list[str] = []
    depth = start = 0
    for token in _TOKEN.finditer(text):
        match token[0]:
            case "[" | "{":
                depth += 1
                if depth == _DEEP:
                    kept.append(text[start : token.start()])
            case "]" | "}":
                depth -= 1
                if depth == _DEEP - 1:
                    kept.append("NaN")
                    start = token.end()
    if depth >= _DEEP:
        raise BodyError("The body is not JSON: it is nested without an end.")
    kept.append(text[start:])
    return "".join(kept)


def _rows(value: Any, name: str) -> Iterator[Any]:
    """The rows in a list, an object that repeats ``CustomerTransaction``, or one row; wrappers are taken off."""
    if isinstance(value, list):
        for entry in value:
            yield from _unwrapped(entry)
    elif isinstance(value, dict) and (_wraps(value) or name.strip().lower() == "customertransaction"):
        yield from _unwrapped(value)
    else:
        raise BodyError(f"“{name[:60]}” is not a list.")


def _unwrapped(entry: Any, depth: int = 1) -> Iterator[Any]:
    """What an entry wraps, or itself: also what can be no row, which must cost no other row, is one."""
    if depth <= _MOST_WRAPPERS and isinstance(entry, dict) and _wraps(entry):
        for _, inner in pairs_of(entry):
            for one in inner if isinstance(inner, list) else [inner]:
                yield from _unwrapped(one, depth + 1)
    else:
        yield entry


def _wraps(value: dict[str, Any]) -> bool:
    for name in value:
        if name.strip().lower() != "customertransaction":
            return False
    return bool(value)


def _read_metadata(message: Message, value: Any) -> None:
    """Metadata is help, not substance: what cannot be read of it is left out; a message without id has its digest."""
    if not isinstance(value, dict):
        return
    for name, entry in pairs_of(value):
        if isinstance(entry, bool) or not isinstance(entry, str | int):
            continue
        try:
            text = clean(str(entry))
            key = clean(name)
        except RowError:
            continue
        if text is None or key is None or len(text) > 200 or len(key) > 100:
            continue
        # Small letters can be longer than their capitals.
        if key.lower() == "messageid" and len(text.lower()) <= 200:
            message.message_id = message.message_id or text.lower()
        message.metadata[key] = text


def _bad_row(position: int, row: Any, reason: str) -> BadRow:
    """What can be said of a row that is no record: enough for staff to find the cash in it."""
    serial, amount = "", None
    if isinstance(row, dict):
        for name, value in pairs_of(row):
            lower = name.strip().lower()
            if lower == "serialnumber" and isinstance(value, str) and len(value) <= 64:
                serial = "".join(c for c in value.strip().upper() if c.isprintable())[:64]
            elif lower == "amount":
                amount = readable_amount(value)
    try:
        content = json.dumps(row, default=str)
    except (RecursionError, ValueError):
        content = ""
    return BadRow(position, reason[:500], content[:_KEPT_TEXT], serial, amount)
