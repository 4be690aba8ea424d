"""Certificates of completeness: what the books said of a safe's day at a moment, signed, to be checked years later.

A certificate is its own record: nothing is stored when one is made. Its code carries the canonical text and an
HMAC-SHA256 over it, by a key that CERTIFICATE_KEY or else SECRET_KEY gives. Money is text, instants are UTC.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import json
from dataclasses import asdict, dataclass
from typing import Any

from django.conf import settings
from django.db.transaction import atomic
from django.utils.crypto import constant_time_compare, salted_hmac

from safes.estate import lock_safes, standings_of
from safes.models import Safe
from transactions.completeness.covering import covered
from transactions.completeness.drawing import is_over, since_of
from transactions.completeness.figures import keys_of
from transactions.completeness.judging import Verdict, grace_ends
from transactions.completeness.saying import in_a_sentence, verdict_of
from transactions.drawing import draw
from transactions.models import ChannelCompleteness, TouchedDay

_SALT = "transactions.completeness.certificate"
_PREFIX = "SRC1"
_LONGEST = 20_000

# Of each currency, in this order; what a person reads of them is in FIGURES' words.
FIGURES = {
    "count": "transactions",
    "cash": "cash",
    "push_count": "transactions by push",
    "push_cash": "cash by push",
    "file_count": "transactions by file",
    "file_cash": "cash by file",
    "both_count": "transactions by both",
    "both_cash": "cash by both",
    "missing_in_push_count": "transactions missing in push",
    "missing_in_push_cash": "cash missing in push",
    "missing_in_file_count": "transactions missing in file",
    "missing_in_file_cash": "cash missing in file",
}


@dataclass(frozen=True, slots=True)
class Certificate:
    """What is certified: figures by currency ("" where it is not known), and a digest of what they were made from."""

    serial_number: str
    site: str
    business_date: str
    verdict: str
    sentence: str
    figures: dict[str, dict[str, str]]
    keys: str
    issued_at: str
    issued_by: str

    @property
    def text(self) -> bytes:
        """The canonical text: JSON with sorted names and no spaces, in UTF-8."""
        return json.dumps(asdict(self), sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()

    @property
    def code(self) -> str:
        """What a certificate is checked by."""
        return f"{_PREFIX}.{_spell(self.text)}.{_spell(_sign(self.text))}"


def certify(safe: Safe, date: dt.date, *, by: str, now: dt.datetime) -> Certificate:
    """A certificate of what the books say of a safe's day now; what still waits to be drawn is drawn first."""
    if TouchedDay.objects.filter(safe=safe, business_date=date).exists() or _is_due(safe, date):
        draw(safe.pk, [date])
    with atomic():
        lock_safes([safe.pk])  # figures and keys are of one moment
        rows = list(ChannelCompleteness.objects.filter(safe=safe, business_date=date).order_by("currency"))
        place = standings_of([safe.pk])[safe.pk].on(date)
        verdict = verdict_of([Verdict(row.verdict) for row in rows])
        return Certificate(
            serial_number=safe.serial_number,
            site=place.site_code or "",
            business_date=date.isoformat(),
            verdict=verdict.value,
            sentence=in_a_sentence(
                verdict,
                date,
                since_of(safe.pk),
                covered(),
                grace_ends(date, place.time_zone, settings.COMPLETENESS_GRACE),
                all_by_both=all(row.count == row.both_count for row in rows),
            ),
            figures={row.currency: {name: str(getattr(row, name)) for name in FIGURES} for row in rows},
            keys=keys_of(safe.pk, date),
            issued_at=now.astimezone(dt.UTC).isoformat(timespec="seconds"),
            issued_by=by,
        )


def _is_due(safe: Safe, date: dt.date) -> bool:
    """Whether the clock is about to come round to a day that waited for the other channel."""
    waiting = ChannelCompleteness.objects.filter(safe=safe, business_date=date, verdict=Verdict.WAITING)
    return waiting.exists() and is_over(date, standings_of([safe.pk])[safe.pk])


def read_code(code: str) -> Certificate:
    """The certificate that a code stands for. Raises ValueError, with a sentence, unless it was signed here.

    White space is left out: a code that was printed or mailed comes back in lines.
    """
    parts = "".join(code[:_LONGEST].split()).split(".")
    if len(parts) != 3 or parts[0] != _PREFIX:
        raise ValueError(f"This is no code of a certificate: one begins with {_PREFIX} and has three parts.")
    try:
        text, signature = (_read(part) for part in parts[1:])
    except ValueError:
        raise ValueError("The code is damaged: copy all of it, from the first character to the last.") from None
    if not constant_time_compare(signature, _sign(text)):
        raise ValueError(
            "This certificate is not genuine: it was changed after it was made, or made elsewhere or with another key."
        )
    said: dict[str, Any] = json.loads(text)
    return Certificate(**said)


def changes_since(certificate: Certificate, now: dt.datetime) -> list[str]:
    """What the books say otherwise now, a sentence each; empty while the figures are still the same."""
    safe = Safe.objects.filter(serial_number=certificate.serial_number).first()
    if safe is None:
        return ["The safe is not known here any more."]
    present = certify(safe, dt.date.fromisoformat(certificate.business_date), by="", now=now)
    changes = []
    for currency in sorted(certificate.figures.keys() | present.figures.keys()):
        before, after = certificate.figures.get(currency, {}), present.figures.get(currency, {})
        changes += [
            f"{words.capitalize()}{f' in {currency}' if currency else ''}: {before.get(name, '0')} then, "
            f"{after.get(name, '0')} now."
            for name, words in FIGURES.items()
            if before.get(name, "0") != after.get(name, "0")
        ]
    if not changes and certificate.keys != present.keys:
        changes.append("The figures are the same, but other transactions make them up.")
    if certificate.verdict != present.verdict:
        changes.append(f"The verdict now: {present.sentence}")
    return changes


def _sign(text: bytes) -> bytes:
    key = settings.CERTIFICATE_KEY or settings.SECRET_KEY
    return salted_hmac(_SALT, text, secret=key, algorithm="sha256").digest()


def _spell(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def _read(part: str) -> bytes:
    """Raises ValueError unless it is spelt just as we spell it: a code has no second spelling."""
    try:
        value = base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise ValueError(str(error)) from None
    if _spell(value) != part:
        raise ValueError("not spelt as we do")
    return value
