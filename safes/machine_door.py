"""What every door for Loomis does with a request before it looks what it says: the key that is shown, and the body.

Bodies are read of declared length or chunked, gzip is undone, and nothing over a limit is read to its end.
CONTRACT.md, "Push answers".
"""

from __future__ import annotations

import gzip
import io
import zlib

from django.http import HttpRequest

_CHUNK = 1 << 16


class TooLarge(ValueError):
    """A body over the limit."""


class BrokenOff(ValueError):
    """A body that ended before its end; the text is a sentence."""


def shown_in_header(request: HttpRequest, name: str) -> str:
    """The key that a header shows. Loomis sends it raw in Authorization; ``Bearer KEY`` is the same."""
    value = request.headers.get(name, "").strip()
    scheme, _, rest = value.partition(" ")
    return rest.strip() if scheme.lower() == "bearer" and rest else value


def read_body(request: HttpRequest, limit: int) -> bytes:
    """The body, unpacked; ``limit`` in bytes, of what comes and of what it unpacks to. Raises TooLarge, BrokenOff."""
    body = _read(request, limit)
    if request.headers.get("Content-Encoding", "").strip().lower() in ("gzip", "x-gzip"):
        return unpack(body, limit)
    return body


def _read(request: HttpRequest, limit: int) -> bytes:
    """The body as it comes. Raises TooLarge without reading on."""
    declared = request.META.get("CONTENT_LENGTH") or ""
    chunked = "chunked" in request.headers.get("Transfer-Encoding", "").lower()
    if not chunked and declared.isdecimal() and int(declared) > limit:
        raise TooLarge
    # Django gives a request without Content-Length no body; a chunked one is read from the server itself.
    stream = request.environ["wsgi.input"] if chunked else request  # type: ignore[attr-defined]
    parts: list[bytes] = []
    size = 0
    try:
        while part := stream.read(_CHUNK):
            size += len(part)
            if size > limit:
                raise TooLarge
            parts.append(part)
    except OSError:
        raise BrokenOff("The body broke off; send it again.") from None
    if not chunked and declared.isdecimal() and size < int(declared):
        raise BrokenOff("The body is shorter than its Content-Length; send it again.")
    return b"".join(parts)


def unpack(body: bytes, limit: int) -> bytes:
    """Undo gzip. Raises TooLarge beyond the limit; what is not gzip is kept as it came, for others to judge."""
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(body)) as packed:
            unpacked = packed.read(limit + 1)
    except (OSError, EOFError, zlib.error):
        return body
    if len(unpacked) > limit:
        raise TooLarge
    return unpacked


def mask(body: bytes, key: str) -> bytes:
    """The body with the key overwritten by as many asterisks, wherever it stands."""
    secret = key.encode("utf-8", "surrogatepass")
    return body.replace(secret, b"*" * len(secret)) if secret else body
