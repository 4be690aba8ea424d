"""JSON as Loomis writes it: one flat object. Shared by both dialects. Pure."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any


class NotReadable(ValueError):
    """A body that is no message at all; the text is a sentence."""


def fields_of(body: bytes) -> dict[str, Any]:
    """The fields of a JSON object; of doubled names the last, as everybody reads them. Raises NotReadable."""
    try:
        # What is no UTF-8 is shown as such: a close is a close, in whichever letters its text is. Numbers stay texts,
        # so that none is too long to be read.
        text = body.decode("utf-8-sig", errors="replace")
        said = json.loads(text, parse_float=str, parse_int=str, parse_constant=str)
    except (ValueError, RecursionError):
        raise NotReadable("The body is not JSON.") from None
    if not isinstance(said, dict):
        raise NotReadable("The body is not one JSON object.")
    return said


def written(fields: dict[str, str]) -> bytes:
    """A JSON object of texts, in the order given, without those that are empty."""
    return json.dumps({name: value for name, value in fields.items() if value}, ensure_ascii=False, indent=2).encode()


def zulu(moment: dt.datetime) -> str:
    """An instant in UTC to the second, as the documents write it: 2018-11-16T15:17:48Z."""
    return f"{moment.astimezone(dt.UTC):%Y-%m-%dT%H:%M:%SZ}"
