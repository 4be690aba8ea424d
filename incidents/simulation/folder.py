"""Loomis's side of ATM incidents in files: dispatches are taken from to_loomis, answers appear in from_loomis.

The folder is one that an SFTP server serves. What an HTTP request would be answered with is written as a file at once.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable
from pathlib import Path

from incidents.simulation.desk import Desk, Update
from incidents.simulation.speaking import Fields, as_xml, read_xml


class PretendFolder:
    """Looked through by ``look``, as often as its owner likes. ``behaviour``, ``seed``, ``pace``: as a Desk's."""

    def __init__(
        self,
        folder: Path,
        *,
        bank: str = "ExampleBank",
        behaviour: str = "good",
        seed: int = 1,
        pace: float = 1.0,
        now: Callable[[], dt.datetime] = lambda: dt.datetime.now(tz=dt.UTC),
    ) -> None:
        self.inbox, self.outbox = folder / "to_loomis", folder / "from_loomis"
        for place in (self.inbox, self.outbox):
            place.mkdir(parents=True, exist_ok=True)
        self.bank, self.now = bank, now
        self.desk = Desk(behaviour, seed, pace)
        self.waiting: list[Update] = []
        self.received: list[tuple[str, Fields]] = []
        self._last = dt.datetime.min.replace(tzinfo=dt.UTC)

    def look(self, *, at_once: bool = False) -> list[str]:
        """Take the dispatches that lie there, write what is due, and name the files written.

        ``at_once``: all that is still to be said, due or not.
        """
        written = [name for path in sorted(self.inbox.glob("*.xml")) for name in self._take(path)]
        now = self.now()
        due = [one for one in sorted(self.waiting, key=lambda one: one.due) if at_once or one.due <= now]
        self.waiting = [one for one in self.waiting if one not in due]
        return [*written, *(self._write(update.fields, update.type) for update in due)]

    def _take(self, path: Path) -> list[str]:
        said = read_xml(path.read_bytes())
        path.unlink()
        if said is None:
            return []
        self.received.append((path.name, said))
        reply = self.desk.hear(said, self.now())
        self.waiting += reply.updates
        return [self._write(reply.fields, reply.fields["MessageType"].lower())] if reply.fields else []

    def _write(self, fields: Fields, kind: str) -> str:
        """A file of its own second, whole from the moment at which it has its name."""
        self._last = max(self.now().replace(microsecond=0), self._last + dt.timedelta(seconds=1))
        said = self.desk.known.get(fields["IncidentReference"])
        device = said.said.get("ATMNumber", "") if said else ""
        name = f"{self.bank}_{self._last:%Y%m%d%H%M%S}_{device or 'unknown'}_{kind}.xml"
        draft = self.outbox / f"{name}.part"
        draft.write_bytes(as_xml(fields))
        os.replace(draft, self.outbox / name)
        return name
