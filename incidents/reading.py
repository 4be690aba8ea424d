"""What a message of Loomis's says, whichever of its three formats it came in.

Tolerant, as DOMAIN.md section 3 asks: names without regard to case, unknown fields left alone, each of the names that
the documents and their examples use. Pure.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from incidents.lifecycle import PROVEN_BY_MESSAGE

# What each thing is called, in either document, in the XML, and in its examples; in lower case, the first one wins.
NAMES: dict[str, tuple[str, ...]] = {
    "type": ("messagetype",),
    "reference": ("incidentreference",),
    "number": ("incidentnumber", "incidentid"),
    "customer": ("customernumber", "customerid", "customer"),
    "provider": ("serviceprovider",),
    "code": ("responsecode",),
    "text": ("responsetext",),
    "status": ("status",),
    "eta": ("etadatetime",),
    "sla": ("sladatetime",),
    "ended_at": ("closedatetime", "canceldatetime", "datetime"),
}
# What PostgreSQL keeps in no text: NUL, and halves of characters, which JSON can spell.
_NO_TEXT = re.compile("[\x00\ud800-\udfff]")
# A moment outside of these is a mistake, and no clock can show it everywhere.
_YEARS = range(2000, 2100)
_INSTANTS = ("eta", "sla", "ended_at")
_ENDS = ("close", "cancel")

# What the documents require of each message, by dialect ("Data Definitions"); in their words, for the warnings.
REQUIRED: dict[str, dict[str, dict[str, str]]] = {
    "atm": {
        "nak": {"code": "ResponseCode", "text": "ResponseText"},
        "ack": {"number": "IncidentNumber", "text": "ResponseText"},
        "accept": {"number": "IncidentNumber", "eta": "EtaDateTime"},
        "close": {"number": "IncidentNumber", "text": "ResponseText", "ended_at": "CloseDateTime"},
        "cancel": {"number": "IncidentNumber", "text": "ResponseText", "ended_at": "CloseDateTime"},
    },
    "safepoint": {
        "nak": {"code": "ResponseCode", "text": "ResponseText"},
        "ack": {"number": "IncidentId", "status": "Status"},
        "accept": {"number": "IncidentId", "sla": "SLADateTime"},
        "close": {"number": "IncidentId", "text": "ResponseText", "ended_at": "DateTime"},
        "cancel": {"number": "IncidentId", "text": "ResponseText", "ended_at": "DateTime"},
    },
}
_IN_XML = {"CustomerNumber": "CustomerId", "IncidentNumber": "IncidentId"}
# Of every message, beside type and reference, without which nothing can be done.
_ALWAYS = {
    "atm": {"customer": "CustomerNumber", "provider": "ServiceProvider"},
    "safepoint": {"customer": "CustomerNumber"},
}


def _as_in_xml(fields: Mapping[str, str]) -> dict[str, str]:
    return {field: _IN_XML.get(name, name) for field, name in fields.items()}


REQUIRED["xml"] = {type_: _as_in_xml(fields) for type_, fields in REQUIRED["atm"].items()}
_ALWAYS["xml"] = _as_in_xml(_ALWAYS["atm"])


@dataclass(frozen=True, slots=True)
class Reading:
    """One message. Texts as sent, stripped, "" where it says nothing; instants in UTC."""

    type: str = ""  # lower case
    reference: str = ""
    number: str = ""
    customer: str = ""
    provider: str = ""
    code: str = ""
    text: str = ""
    status: str = ""
    eta: dt.datetime | None = None
    sla: dt.datetime | None = None
    ended_at: dt.datetime | None = None
    warnings: tuple[str, ...] = ()

    @property
    def is_known(self) -> bool:
        """Whether its type is one that Loomis answers with."""
        return self.type in PROVEN_BY_MESSAGE

    @property
    def missing(self) -> list[str]:
        """Those of the two fields without which nothing can be done, in the documents' words."""
        named = {"MessageType": self.type, "IncidentReference": self.reference}
        return [name for name, value in named.items() if not value]

    def as_json(self) -> dict[str, Any]:
        """For the database; without what is empty, and without the warnings, which have a column of their own."""
        said = {name: value for name, value in dataclasses.asdict(self).items() if value and name != "warnings"}
        return {name: value.isoformat() if name in _INSTANTS else value for name, value in said.items()}

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Reading:
        said: dict[str, Any] = {
            name: dt.datetime.fromisoformat(value) if name in _INSTANTS else value for name, value in kept.items()
        }
        return cls(**said)


def read(said: Mapping[str, Any], dialect: str) -> Reading:
    """What fields with their values say; for one dialect: "atm", "safepoint", or "xml" for an ATM's files.

    Never raises: what cannot be read is left out, and said in the warnings.
    """
    by_name: dict[str, tuple[str, Any]] = {}
    for name, value in said.items():
        by_name.setdefault(str(name).strip().lower(), (_NO_TEXT.sub("�", str(name).strip())[:60], value))
    warnings: list[str] = []
    found: dict[str, Any] = {}
    for field, names in NAMES.items():
        name, text = _first(by_name, names, warnings)
        if field in _INSTANTS:
            found[field] = _instant(name, text, warnings)
        else:
            found[field] = text
    found["type"] = found["type"].lower()
    warnings += _warn_of_missing(found, dialect)
    if found["type"] not in _ENDS:
        found["ended_at"] = None  # SafePoint's Accept has a DateTime too: when it was accepted
    return Reading(**found, warnings=tuple(warnings))


def _first(by_name: dict[str, tuple[str, Any]], names: tuple[str, ...], warnings: list[str]) -> tuple[str, str]:
    """What stands under the first of these names that says anything, with that name as it was sent."""
    for name in names:
        sent, value = by_name.get(name, (name, None))
        text = _text(value)
        if text is None:
            warnings.append(f"{sent} is not a text, and was left out.")
        elif text:
            return sent, text
    return names[0], ""


def _text(value: Any) -> str | None:
    """A text, as sent or of a number; "" for nothing, None for what can be neither."""
    if value is None:
        return ""
    if isinstance(value, bool | dict | list):
        return None
    return _NO_TEXT.sub("�", str(value)).strip()


def _instant(name: str, text: str, warnings: list[str]) -> dt.datetime | None:
    if not text:
        return None
    try:
        moment = dt.datetime.fromisoformat(text.replace("z", "Z"))
        if moment.tzinfo is None:
            warnings.append(f"{name} “{text[:40]}” has no time zone; it was taken for UTC.")
            moment = moment.replace(tzinfo=dt.UTC)
        in_utc = moment.astimezone(dt.UTC)
    except (ValueError, OverflowError):
        in_utc = None
    if in_utc is None or in_utc.year not in _YEARS:
        warnings.append(f"{name} “{text[:40]}” is no date and time such as 2014-09-23T16:45:49Z, and was left out.")
        return None
    return in_utc


def _warn_of_missing(found: dict[str, Any], dialect: str) -> list[str]:
    needed = {**_ALWAYS[dialect], **REQUIRED[dialect].get(found["type"], {})}
    if found["type"] not in PROVEN_BY_MESSAGE:
        return []
    return [f"{said} is missing." for field, said in needed.items() if not found[field]]
