"""Personal data, so that it can be told apart and not read: card numbers, phones, names, addresses that hold them."""

from __future__ import annotations

import re

_SHOWN = 4
_BALANCE = re.compile(r"(?P<before>/balance/by(?:/phone)?/)(?P<value>.+?)(?P<after>/?)", re.IGNORECASE | re.DOTALL)
_ROOMS = re.compile(r"(?P<before>/api/v1/(?:cards|contacts)/)(?P<value>[^/]+)(?P<after>(?:/.*)?)", re.DOTALL)
_CARDS = "/api/card"


def mask_number(text: str) -> str:
    """•••• 0123: the last digits of a card or a phone, none of a short one. Its length is not told."""
    return f"••••{text[-_SHOWN:]}" if len(text) >= 2 * _SHOWN else "••••" if text else ""


def mask_name(text: str) -> str:
    """A••• B•••."""
    return " ".join(f"{word[0]}•••" for word in text.split())


def mask_path(path: str) -> str:
    """The address of a request without the card, phone or contact in it; others as they are. For every log."""
    found = _BALANCE.fullmatch(path, len(_CARDS)) if path[: len(_CARDS)].lower() == _CARDS else _ROOMS.fullmatch(path)
    if found is None:
        return path
    return f"{path[: found.start()]}{found['before']}{mask_number(found['value'])}{found['after']}"
