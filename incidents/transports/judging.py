"""What a try came to, and what an answer over HTTP says of it: DOMAIN.md section 3, "Retry". No I/O.

A try either surely did not arrive, and is made again; or was refused, and never will be taken as it is; or was
delivered; or nobody knows. What is said of it is a sentence for staff, without the credential.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from incidents.models import Attempt, LoomisAccount
from incidents.reading import Reading
from incidents.wire.incoming import read_message
from incidents.wire.json_fields import NotReadable

Outcome = Attempt.Outcome

# Bytes of an answer: what is kept of it, and what is read at most.
KEPT, LARGEST = 64 << 10, 1 << 20
# However long a server asks us to stay away, we look again after this.
LONGEST_WAIT = dt.timedelta(hours=1)

_NOT_KNOWN = "Whether it took the message is not known."


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a try. ``body``: the answer as far as it was read; ``read``: its bytes, None without an answer.

    ``may_have_arrived``: after it, “Duplicate” may mean this very try. ``retry_after``: what the server asked for.
    """

    outcome: Attempt.Outcome
    error: str = ""
    may_have_arrived: bool = False
    status: int | None = None
    body: bytes = b""
    read: int | None = None
    retry_after: dt.timedelta | None = None

    @property
    def arrived(self) -> bool:
        return self.may_have_arrived or self.outcome in (Outcome.DELIVERED, Outcome.UNKNOWN)


@dataclass(slots=True)
class Answer:
    """An answer as it came in: ``trouble`` says why it was not read to its end, in a sentence."""

    status: int
    headers: Mapping[str, str]
    body: bytes = b""
    trouble: str = ""


def message_in(body: bytes, dialect: str) -> Reading | None:
    """The message of Loomis's that an answer is, of a known type or not; None where it is none."""
    if not body.strip():
        return None
    try:
        said = read_message(body, dialect)
    except NotReadable:
        return None
    return said if said.type else None


def judge(answer: Answer, dialect: str, now: dt.datetime) -> Result:
    """What an answer says of the message that it answers."""
    outcome, error, may_have_arrived = _judged(answer, dialect)
    return Result(
        outcome,
        error,
        may_have_arrived=may_have_arrived,
        status=answer.status,
        body=answer.body,
        read=len(answer.body),
        retry_after=_retry_after(answer.headers.get("retry-after", ""), now) if answer.status in (429, 503) else None,
    )


def _judged(answer: Answer, dialect: str) -> tuple[Attempt.Outcome, str, bool]:
    said = None if answer.trouble else message_in(answer.body, dialect)
    if said is not None and said.is_known:
        # Whatever the status: it was taken in and answered. What the answer means is for the lifecycle.
        return Outcome.DELIVERED, "", True
    status = answer.status
    if 200 <= status < 300:
        error = answer.trouble or _not_json(answer)
        return (Outcome.UNKNOWN, f"{error} {_NOT_KNOWN}", True) if error else (Outcome.DELIVERED, "", True)
    if status in (408, 429):
        return Outcome.NOT_ARRIVED, f"Loomis's server has no time for it now ({status}). It is tried again.", False
    if 300 <= status < 500:
        return Outcome.REFUSED, _refusal(answer), False
    if status >= 500 and dialect == LoomisAccount.Dialect.ATM:
        sentence = f"Loomis's server failed ({status}). It is tried again, with the same reference."
        return Outcome.NOT_ARRIVED, sentence, True
    return Outcome.UNKNOWN, f"Loomis's server failed ({status}). {_NOT_KNOWN}", True


def _not_json(answer: Answer) -> str:
    """Why an answer of success is none; "" where it is one: empty, or JSON."""
    text = answer.body.strip()
    if not text:
        return ""
    try:
        json.loads(text.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        is_page = text[:1] == b"<" or "html" in answer.headers.get("content-type", "").lower()
        what = "a web page" if is_page else "something that is not JSON"
        return f"Loomis's server answered {answer.status} with {what}: is the dispatch URL right?"
    return ""


def _refusal(answer: Answer) -> str:
    status = answer.status
    if status < 400:
        where = _host_of(answer.headers.get("location", ""))
        return (
            f"Loomis's server sends us elsewhere ({status}{where}), which Strongroom does not follow: ask Loomis which "
            "address it is, and correct the dispatch URL."
        )
    match status:
        case 401 | 403 | 407:
            return f"Loomis's server does not accept our credential ({status}): enter its header and its value anew."
        case 404 | 405 | 410:
            return f"Loomis's server knows no such address ({status}): check the dispatch URL."
        case _:
            return (
                f"Loomis's server does not take the message as it is ({status}): its answer may say why. Raise another."
            )


def _host_of(location: str) -> str:
    """Where a redirect leads, without its path and its query, in which a key may stand."""
    try:
        host = urlsplit(location).hostname
    except ValueError:
        return ""
    return f" to {host[:100]}" if host else ""


def _retry_after(value: str, now: dt.datetime) -> dt.timedelta | None:
    """What Retry-After asks for (RFC 9110, section 10.2.3): seconds, or a date. At most an hour; None for nonsense."""
    value = value.strip()
    if value.isascii() and value.isdecimal():
        return min(dt.timedelta(seconds=int(value[:9])), LONGEST_WAIT)
    try:
        until = parsedate_to_datetime(value)
    except ValueError:
        return None
    if until.tzinfo is None:
        until = until.replace(tzinfo=dt.UTC)
    return min(max(until - now, dt.timedelta(0)), LONGEST_WAIT)
