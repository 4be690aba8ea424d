"""What the values of a row mean, whatever format spelt them: texts, numbers, times, denominations.

DOMAIN.md section 1, "Dates" and "Identity"; CONTRACT.md, "Settled details". Pure: no ORM, no clock. Every reader raises
RowError, with a sentence, for a value that cannot be read or stored: nothing is guessed.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from itertools import groupby
from operator import attrgetter
from typing import Any

from transactions.catalogue import AMOUNT_OPTIONAL, Kind


class RowError(ValueError):
    """A row that cannot be a record; the message says why in a sentence that staff read."""

    def __init__(self, sentence: str) -> None:
        # Some sentences quote what was sent, and what was sent may be nothing that PostgreSQL can hold.
        super().__init__(sentence.encode("utf-8", "replace").decode().replace("\x00", "?"))


@dataclass(slots=True, frozen=True)
class Denomination:
    """``count`` notes or coins of ``unit_value``; the currency is None where none was sent."""

    unit_value: Decimal
    count: int
    currency: str | None
    # Like ones share the order; the text is ["unit value", count, "currency" or null], one spelling for the key and for
    # the table. Both are made once for each denomination that ever comes.
    order: tuple[Decimal, str] = field(init=False, repr=False, compare=False)
    text: str = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        currency = f'"{self.currency}"' if self.currency else "null"
        object.__setattr__(self, "order", (self.unit_value, self.currency or ""))
        object.__setattr__(self, "text", f'["{plain(self.unit_value)}",{self.count},{currency}]')


class Repeated(dict[str, Any]):
    """An object whose text gave a name more than once: the last value as usual, and all of them in ``pairs``."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        self.pairs = pairs


def pairs_of(value: dict[str, Any]) -> Iterable[tuple[str, Any]]:
    """Names and values of an object, in order, repeated names with each of their values."""
    return value.pairs if isinstance(value, Repeated) else value.items()


_DENOMINATION = {"UnitValue", "Count", "Currency"}
_AMOUNT_LIMIT = Decimal(10) ** 10
_NUMBER = re.compile(r"[+-]?\d{1,40}(\.\d{1,40})?([eE][+-]?\d{1,3})?\Z", re.ASCII)
_WHOLE = re.compile(r"[+-]?\d{1,19}(\.0{1,20})?\Z", re.ASCII)
_TIME = re.compile(
    # A fraction belongs to seconds; 24:00 is read by some Pythons only.
    r"\s*(\d{4}-\d\d-\d\d[T ](?!24)\d\d:\d\d(?::\d\d)?)(?:(?<=:\d\d:\d\d)[.,](\d{1,12}))?"
    r"(?:(Z)|([+-])(\d\d):?(\d\d))?\s*\Z",
    re.ASCII | re.IGNORECASE,
)
EARLIEST, LATEST = 1990, 2100
MOST_DENOMINATIONS = 1000
_LIMITS = {
    "TransactionDateTime": 100,
    "SerialNumber": 64,
    "TransactionType": 100,
    "UserName": 200,
    "Register": 100,
    "ChangePurchaseNumber": 100,
    "DepositReferenceNumber": 100,
    "DoorName": 200,
    "TubeColumn": 40,
    "TubeCount": 40,
}


def read_text(value: Any, name: str, *, remember: bool = True) -> str | None:
    """A text property: trimmed, None for what is absent, null or empty; a number is taken in its plain spelling."""
    if value is None:
        return None
    # User names, types and registers come again and again; what is long or odd is not worth remembering.
    if type(value) is str and len(value) <= 100 and remember:
        return _known_text(value, name)
    if isinstance(value, str):
        return _fitting(clean(value), name)
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise RowError(f"“{name}” must be a text.")
    return _fitting(plain(finite(value, name)), name)


@lru_cache(maxsize=65536)
def _known_text(value: str, name: str) -> str | None:
    return _fitting(clean(value), name)


def _fitting(text: str | None, name: str) -> str | None:
    if text is not None and len(text) > _LIMITS[name]:
        raise RowError(f"“{name}” is longer than {_LIMITS[name]} characters.")
    return text


def clean(text: str) -> str | None:
    """Trimmed and in NFC; None when nothing is left. Raises RowError for what PostgreSQL cannot hold."""
    text = text.strip()
    if len(text) > 1_000:
        # Before anything else: normalising a run of accents takes time that grows with the square of its length.
        raise RowError("A text is longer than 1,000 characters.")
    text = unicodedata.normalize("NFC", text).strip()
    if "\x00" in text:
        raise RowError("A text contains a null character.")
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            raise RowError("A text contains characters that are not Unicode.") from None
    return text or None


@lru_cache(maxsize=16384)
def read_serial(text: str) -> str:
    # Capitals can be longer than what they are the capitals of.
    return _fitting(unicodedata.normalize("NFC", text.upper()), "SerialNumber") or ""


def plain(number: Decimal) -> str:
    """A number in one spelling: no exponent, no trailing zeros, no minus zero."""
    if not number:
        return "0"
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def finite(value: int | Decimal | str, name: str) -> Decimal:
    """A finite number of sane size, from whatever way it was spelt."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        raise RowError(f"“{name}” is not a number.")
    if isinstance(value, str) and not _NUMBER.match(value):
        raise RowError(f"“{name}” is not a number: “{value[:40]}”.")
    try:
        number = Decimal(value)
    except (InvalidOperation, ValueError):
        raise RowError(f"“{name}” is not a number.") from None
    if not number.is_finite():
        raise RowError(f"“{name}” is not a finite number.")
    if number and not -50 <= number.adjusted() <= 50:
        raise RowError(f"“{name}” is out of all range.")
    return number


@lru_cache(maxsize=65536)
def _money(value: int | Decimal | str, name: str) -> Decimal:
    number = finite(value, name)
    if abs(number) >= _AMOUNT_LIMIT:
        raise RowError(f"“{name}” is 10,000,000,000 or more.")
    exponent = number.as_tuple().exponent
    if isinstance(exponent, int) and exponent < -4 and (exponent < -50 or number != round(number, 4)):
        raise RowError(f"“{name}” has more than four decimals.")
    return Decimal(plain(number))


def is_absent(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def read_amount(value: Any, wire_type: str, kind: Kind) -> Decimal:
    if is_absent(value):
        if kind in AMOUNT_OPTIONAL:
            return Decimal(0)
        raise RowError(f"“Amount” is missing, and {wire_type} needs one.")
    return read_money(value)


def read_money(value: Any, name: str = "Amount") -> Decimal:
    """An amount of at most four decimals and below 10^10, from a number or a text. Raises RowError."""
    if isinstance(value, str):
        value = value.strip()
    elif isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise RowError(f"“{name}” is not a number.")
    return _money(value, name)


def _whole(value: Any, name: str, bits: int) -> int:
    if isinstance(value, str):
        value = value.strip()
        if not _WHOLE.match(value):
            raise RowError(f"“{name}” must be a whole number.")
    number = finite(value, name)
    if number != int(number):
        raise RowError(f"“{name}” must be a whole number.")
    if not -(2 ** (bits - 1)) <= number < 2 ** (bits - 1):
        raise RowError(f"“{name}” is out of range.")
    return int(number)


def read_group(value: Any) -> int | None:
    if type(value) is int and 0 < value < 2**63:
        return value
    if is_absent(value):
        return None
    # Group 0 is how Loomis spells "none" on audit events.
    return _whole(value, "PickupGroupId", 64) or None


def read_denominations(value: Any) -> tuple[Denomination, ...]:
    if is_absent(value):
        return ()
    if isinstance(value, dict):
        # The XML form wraps them: <Denominations><DenominationValue>…
        wrapped: list[Any] = []
        for name, inner in pairs_of(value):
            if name.strip().lower() != "denominationvalue":
                raise RowError("“Denominations” is not a list.")
            if not is_absent(inner):
                wrapped.extend(inner if isinstance(inner, list) else [inner])
        value = wrapped
    if not isinstance(value, list):
        raise RowError("“Denominations” is not a list.")
    if len(value) > MOST_DENOMINATIONS:
        raise RowError(f"“Denominations” lists more than {MOST_DENOMINATIONS:,} entries.")
    found = [_denomination(entry) for entry in value]
    if len(found) > 1:
        found.sort(key=_ORDER)
        if len(set(map(_ORDER, found))) < len(found):
            found = _summed(found)
    return tuple(found)


_ORDER = attrgetter("order")


def _summed(denominations: list[Denomination]) -> list[Denomination]:
    """Like ones made one; the list is in order."""
    summed: list[Denomination] = []
    for _, like in groupby(denominations, key=_ORDER):
        first, *rest = like
        count = first.count + sum(other.count for other in rest)
        if not -(2**31) <= count < 2**31:
            raise RowError("“Count” is out of range.")
        summed.append(Denomination(first.unit_value, count, first.currency))
    return summed


def _denomination(entry: Any) -> Denomination:
    if type(entry) is dict and entry.keys() == _DENOMINATION:
        unit_value, count, currency = entry["UnitValue"], entry["Count"], entry["Currency"]
        if type(unit_value) is Decimal and type(count) is int and type(currency) is str and len(currency) == 3:
            return _known_denomination(unit_value, count, currency)
    if not isinstance(entry, dict):
        raise RowError("A denomination is not an object with properties.")
    found: dict[str, Any] = {}
    for name, value in pairs_of(entry):
        lower = name.strip().lower()
        if lower in found and found[lower] != value:
            raise RowError(f"“{name[:60]}” of a denomination is given twice with different values.")
        found[lower] = value
    return read_denomination(found.get("unitvalue"), found.get("count"), found.get("currency"))


def read_denomination(unit_value: Any, count: Any, currency: Any) -> Denomination:
    if is_absent(unit_value):
        raise RowError("A denomination has no “UnitValue”.")
    if is_absent(count):
        raise RowError("A denomination has no “Count”.")
    return Denomination(read_money(unit_value, "UnitValue"), _whole(count, "Count", 32), _currency(currency))


_known_denomination = lru_cache(maxsize=65536)(read_denomination)


def _currency(value: Any) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str):
        raise RowError("“Currency” must be a text.")
    code = value.strip().upper()
    if code and not (len(code) == 3 and code.isascii() and code.isalpha()):
        raise RowError(f"“Currency” must be three letters, not “{code[:20]}”.")
    return code or None


def read_wall_clock(text: str) -> tuple[dt.datetime, int | None]:
    """Wall-clock time cut to microseconds, and the offset in minutes if one was sent."""
    read = _read_time(text)
    if read is None:
        raise RowError(f"“TransactionDateTime” is not an ISO 8601 date and time: “{text[:40]}”.")
    if not EARLIEST <= read[0].year < LATEST:
        raise RowError(f"“TransactionDateTime” lies outside the years {EARLIEST} to {LATEST - 1}: “{text[:40]}”.")
    return read


def read_retrieved(value: Any) -> dt.datetime | None:
    read = _read_time(value) if isinstance(value, str) and len(value) <= 60 else None
    if read is None or not EARLIEST <= read[0].year < LATEST:
        return None
    wall, offset = read
    wall = wall.replace(tzinfo=dt.UTC)
    return wall - dt.timedelta(minutes=offset) if offset else wall


def _read_time(text: str) -> tuple[dt.datetime, int | None] | None:
    match = _TIME.match(text)
    if match is None:
        return None
    moment, fraction, zulu, sign, hours, minutes = match.groups()
    try:
        # Cut, not rounded: two readings of one record with six and seven digits must agree.
        wall = dt.datetime.fromisoformat(f"{moment}.{fraction[:6]}" if fraction else moment)
    except ValueError:
        return None
    if zulu:
        return wall, 0
    if sign is None:
        return wall, None
    offset = int(hours) * 60 + int(minutes)
    if offset > 14 * 60 or int(minutes) > 59:
        return None
    return wall, -offset if sign == "-" else offset
