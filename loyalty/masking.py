"""Personal data, so that it can be told apart and not read: card numbers, phones, names, addresses that hold them."""

from __future__ import annotations

import re

_SHOWN = 4
# Whatever stands after the words of the card service is masked, be it an address that there is or not.
_CARDS = re.compile(
    r"/api/card(?=/|\Z)(?:/balance(?:/by(?:/phone)?)?|/issue|/active|/bindto|/binto|/block|/unblock)?(?=/|\Z)",
    re.IGNORECASE,
)
_ROOMS = re.compile(
    r"(?P<before>/api/v1/(?:cards|contacts)/)(?P<value>[^/]+)(?P<after>(?:/[a-z-]*)*)(?P<rest>.*)",
    re.IGNORECASE | re.DOTALL,
)
# Elsewhere, too, somebody may ask for a card by mistake. Where long numbers have another meaning they are shown.
_OPEN = ("/api/v1/", "/api/loomis/", "/admin/", "/static/")
_NUMBER = re.compile(r"[0-9]{8,}")


def mask_number(text: str) -> str:
    """•••• 0123: the last digits of a card or a phone, none of a short one. Its length is not told.

    Of what is no number at all nothing is shown that could not be written down.
    """
    last = text[-_SHOWN:]
    is_shown = len(text) >= 2 * _SHOWN and last.isascii() and last.isalnum()
    return f"••••{last}" if is_shown else "••••" if text else ""


def mask_name(text: str) -> str:
    """A••• B•••."""
    return " ".join(f"{word[0]}•••" for word in text.split())


def mask_path(path: str) -> str:
    """The address of a request without the card, phone or contact in it; others as they are. For every log."""
    cards = _CARDS.match(path)
    if cards is not None:
        value = path[cards.end() :].strip("/")
        return f"{path[: cards.end()]}/{mask_number(value)}" if value else path
    room = _ROOMS.fullmatch(path)
    if room is not None:
        return f"{room['before']}{mask_number(room['value'])}{room['after']}{mask_number(room['rest'])}"
    return path if path.startswith(_OPEN) else _NUMBER.sub(lambda found: mask_number(found[0]), path)
