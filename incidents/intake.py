"""Taking in what Loomis says, by whichever way it came: kept first, then applied under the lock on its incident."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from incidents.models import Attempt, IncidentMessage, LoomisAccount


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of a message. ``incident``: the reference of the one it was applied to; ``error``: why to none."""

    message: int
    incident: str | None = None
    state: str | None = None
    warnings: tuple[str, ...] = ()
    error: str = ""
    missing: tuple[str, ...] = ()


def take_in(
    account: LoomisAccount,
    body: bytes,
    via: IncidentMessage.Via,
    *,
    file_name: str = "",
    attempt: Attempt | None = None,
    at: dt.datetime | None = None,
) -> Taken:
    """Keep a message and apply it.

    ``attempt``: the try that it is the answer to, and whose incident it means if it names none.
    """
    raise NotImplementedError
