"""Raw bytes as text, made readable without changing a character that matters: laid out token by token."""

from __future__ import annotations

import codecs
import json
import re

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{},:]|[^\s\[\]{},:"]+', re.DOTALL)
_INDENT = 2


def as_text(body: bytes) -> str:
    """In the encoding that its first bytes tell; what is not of it is spelt out."""
    encoding = "utf-16" if body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
    return body.decode(encoding, "backslashreplace")


def laid_out(text: str, limit: int) -> str | None:
    """JSON with a line per property, numbers, repeated names and spelling as sent; None for what is not JSON.

    ``limit`` is the number of characters after which it is cut: what is shown is for reading, the download is exact.
    """
    try:
        json.loads(text, strict=False)
    except (ValueError, RecursionError):
        return None
    parts: list[str] = []
    size = depth = 0
    previous = ""
    for match in _TOKEN.finditer(text):
        word = match[0]
        if word in "]}":
            depth -= 1
            part = word if previous in ("[", "{") else _line(depth) + word
        elif previous in ("[", "{", ","):
            part = _line(depth) + word
        else:
            part = f" {word}" if previous == ":" else word
        if word in "[{":
            depth += 1
        parts.append(part)
        previous = word
        size += len(part)
        if size > limit:
            break
    return "".join(parts)


def _line(depth: int) -> str:
    return "\n" + " " * (_INDENT * depth)
