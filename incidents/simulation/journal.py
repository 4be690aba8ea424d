"""What a simulated Loomis remembers when it is ended and started again: a line of JSON for each thing that happened."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from incidents.simulation.desk import Desk, Update
from incidents.simulation.speaking import Fields


@dataclass(frozen=True, slots=True)
class Journal:
    """A file of its own; without a path nothing is remembered."""

    path: Path | None = None

    def heard(self, account: str, said: Fields, at: dt.datetime) -> None:
        self._write({"account": account, "at": at.isoformat(), "heard": said})

    def posted(self, account: str, update: Update) -> None:
        self._write({"account": account, "posted": update.name})

    def retell(self, account: str, desk: Desk) -> list[Update]:
        """Tell a new desk all that the one before it heard, and give what is still to be said."""
        waiting: dict[str, Update] = {}
        for line in self._lines(account):
            if "heard" in line:
                reply = desk.hear(line["heard"], dt.datetime.fromisoformat(line["at"]))
                drop_cancelled(waiting, desk)
                waiting |= {update.name: update for update in reply.updates}
            else:
                waiting.pop(line["posted"], None)
        return list(waiting.values())

    def _lines(self, account: str) -> Iterator[dict[str, Any]]:
        if self.path is None or not self.path.exists():
            return
        for text in self.path.read_text().splitlines():
            try:
                line = json.loads(text)
            except ValueError:
                continue  # it was killed while it wrote this one
            if line.get("account") == account:
                yield line

    def _write(self, line: dict[str, Any]) -> None:
        if self.path is None:
            return
        with self.path.open("a") as file:
            file.write(json.dumps(line) + "\n")


def drop_cancelled(waiting: dict[str, Update], desk: Desk) -> None:
    """Leave unsaid what was still to be said of dispatches that we cancelled."""
    for name, update in list(waiting.items()):
        known = desk.known.get(update.reference)
        if known is not None and known.cancelled and update.type != "cancel":
            del waiting[name]
