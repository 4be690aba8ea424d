"""What a call says: its parameters, from the query, a JSON object or a form, their names in any case.

CONTRACT.md, "Cards" and "Also": content types are ignored for what reads as JSON. The same parameter may stand in
several places, as long as it is the same everywhere.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, NoReturn
from urllib.parse import parse_qsl

from django.core.exceptions import SuspiciousOperation
from django.http.multipartparser import MultiPartParser, MultiPartParserError

# Stands for what was sent and is no text: true, a float, a list. Nothing that is looked for is written so.
MALFORMED = "\x00"
_MOST_PARAMETERS = 500

# By the name in lower case. Bind has one name for the phone and block another: both are taken for either.
_FIELDS = {
    "number": "number",
    "mobilenumber": "mobile",
    "contactmobilenumber": "mobile",
    "blockreasoncode": "block_reason",
    "unblockreasoncode": "unblock_reason",
}

Pairs = Iterable[tuple[str, object]]


class Unreadable(ValueError):
    """A request that cannot be read; the text is a sentence."""


@dataclass(frozen=True, slots=True)
class Given:
    """Texts as they were sent; empty is not given."""

    number: str = ""
    mobile: str = ""
    block_reason: str = ""
    unblock_reason: str = ""
    # Of a balance, whose address says it: a card number, a contact code, or nothing of the kind.
    value: str = ""


class _Object(list[tuple[str, Any]]):
    """A JSON object as it was written, with names that come twice."""


def read(query: str, body: bytes, content_type: str) -> Given:
    """``query`` as it stands in the address. Raises Unreadable."""
    found: dict[str, str] = {}
    for name, value in _all(query, body, content_type):
        field = _FIELDS.get(name.strip().lower())
        text = _text(value) if field else ""
        if field is None or not text.strip():
            continue
        if found.setdefault(field, text) != text:
            raise Unreadable(f"{name.strip()} is given twice, and differs: give it once.")
    return replace(Given(), **found)


def _all(query: str, body: bytes, content_type: str) -> Iterator[tuple[str, object]]:
    if query:
        yield from _form(query)
    if body.strip():
        yield from _body(body, content_type)


def _body(body: bytes, content_type: str) -> Pairs:
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "multipart/form-data":
        return _multipart(body, content_type)
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Unreadable("The body is not UTF-8.") from None
    try:
        said = json.loads(
            text, object_pairs_hook=_Object, parse_int=str, parse_float=_not_a_text, parse_constant=_not_a_text
        )
    except json.JSONDecodeError as error:
        if text.lstrip()[:1] in ("{", "[") or kind.endswith("json"):
            where = f"line {error.lineno}, column {error.colno}"
            raise Unreadable(f"The body is not JSON: {error.msg}, {where}.") from None
        return _form(text.strip())
    except RecursionError:
        raise Unreadable("The body is not JSON that can be read: it is nested too deeply.") from None
    if not isinstance(said, _Object):
        raise Unreadable("The body is no JSON object: send the parameters by name.")
    return said


def _form(text: str) -> Pairs:
    try:
        return parse_qsl(text, keep_blank_values=True, max_num_fields=_MOST_PARAMETERS)
    except ValueError:
        _too_many()


def _multipart(body: bytes, content_type: str) -> Pairs:
    meta = {"CONTENT_TYPE": content_type, "CONTENT_LENGTH": str(len(body))}
    try:
        fields, _files = MultiPartParser(meta, io.BytesIO(body), [], "utf-8").parse()
    except MultiPartParserError:
        raise Unreadable("The body is no form as its content type says: send it again, or as JSON.") from None
    except SuspiciousOperation:
        _too_many()
    return [(str(name), value) for name, values in fields.lists() for value in values]


def _too_many() -> NoReturn:
    raise Unreadable("There are too many parameters: send those of the method alone.")


def _text(value: object) -> str:
    """What was sent, as a text: null is nothing, and of numbers only whole ones are taken, as their digits."""
    if value is None:
        return ""
    return value if isinstance(value, str) else MALFORMED


def _not_a_text(_: str) -> float:
    return 0.0
