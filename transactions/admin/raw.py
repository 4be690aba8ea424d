"""The raw body of a delivery as text."""

from __future__ import annotations

from safes.admin.raw_text import as_text
from transactions.bodies import open_body
from transactions.models import Delivery
from transactions.wire.unpacking import unpacked
from transactions.wire.values import BodyError

_CHUNK = 1 << 16


def shown_text(delivery: Delivery, limit: int) -> tuple[str, bool]:
    """The beginning of a body as text, so many characters or more, unpacked if it is packed; and whether it is all.

    A push is given whole. Raises Purged or Missing.
    """
    with open_body(delivery) as content:
        if delivery.channel == Delivery.Channel.PUSH:
            return as_text(content.read()), True
        body = b""
        try:
            for chunk in unpacked(content, _CHUNK):
                body += chunk
                if len(body) > 4 * limit:  # no encoding takes more for a character
                    return as_text(body), False
        except BodyError as error:
            return f"{as_text(body)}\n{error}", True
    return as_text(body), True
