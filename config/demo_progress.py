"""How far the demonstration has told its story: a note in the data directory, whole at every moment (0600)."""

from __future__ import annotations

import datetime as dt
import json
import os
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Progress:
    """Times are instants. ``sending`` is the end of what may have been told in part: it is told again just so."""

    path: Path
    noted: dict[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path, *, afresh: bool) -> Progress:
        """The note that is there; none, or one of a system that is no longer there, begins afresh."""
        if afresh or not path.exists():
            return cls(path)
        try:
            return cls(path, dict(json.loads(path.read_text())))
        except ValueError:
            return cls(path)

    @property
    def began(self) -> dt.datetime:
        return dt.datetime.fromisoformat(self.noted["began"])

    @property
    def until(self) -> dt.datetime:
        return dt.datetime.fromisoformat(self.noted["until"])

    @property
    def delivered(self) -> dt.datetime:
        """When the last daily file was due that has been delivered."""
        return dt.datetime.fromisoformat(self.noted.get("delivered", self.noted["began"]))

    @property
    def reported(self) -> dt.datetime:
        """Up to when the tills have said what they took."""
        return dt.datetime.fromisoformat(self.noted.get("reported", self.noted["began"]))

    @property
    def signed(self) -> dt.date:
        """The date on which the desk signed last."""
        return dt.date.fromisoformat(self.noted.get("signed", "1990-01-01"))

    @property
    def till_token(self) -> str:
        return self.noted.get("till_token", "")

    @property
    def desk_token(self) -> str:
        return self.noted.get("desk_token", "")

    @property
    def raised(self) -> dt.datetime | None:
        """Up to when incidents were raised; None before the first."""
        return dt.datetime.fromisoformat(self.noted["raised"]) if "raised" in self.noted else None

    @property
    def incidents_port(self) -> int:
        """Where Loomis's side of incidents listened last; 0 at first."""
        return int(self.noted.get("incidents_port", 0))

    @property
    def token(self) -> str:
        return self.noted.get("token", "")

    def begin(self, moment: dt.datetime) -> None:
        """Nothing, if it has begun."""
        if "began" not in self.noted:
            self._note(began=moment.isoformat(), until=moment.isoformat())

    def next_end(self, moment: dt.datetime) -> dt.datetime:
        """Up to where to tell next: what was being told when it was ended, else up to that moment."""
        if "sending" not in self.noted and moment > self.until:
            self._note(sending=moment.isoformat())
        return dt.datetime.fromisoformat(self.noted.get("sending", moment.isoformat()))

    def told(self, end: dt.datetime) -> None:
        """All up to then was answered."""
        self.noted.pop("sending", None)
        self._note(until=end.isoformat())

    def deliver(self, due: dt.datetime) -> None:
        self._note(delivered=due.isoformat())

    def report(self, until: dt.datetime) -> None:
        self._note(reported=until.isoformat())

    def sign(self, today: dt.date) -> None:
        self._note(signed=today.isoformat())

    def keep_till_token(self, token: str) -> str:
        self._note(till_token=token)
        return token

    def keep_desk_token(self, token: str) -> str:
        self._note(desk_token=token)
        return token

    def show_incidents(self, moment: dt.datetime) -> dt.datetime:
        """When the first incidents are raised: the same moment however often it is asked for."""
        if "incidents_shown" not in self.noted:
            self._note(incidents_shown=moment.isoformat())
        return dt.datetime.fromisoformat(self.noted["incidents_shown"])

    def raise_until(self, moment: dt.datetime) -> None:
        self._note(raised=moment.isoformat())

    def listen(self, port: int) -> None:
        self._note(incidents_port=str(port))

    @property
    def cards_played(self) -> dt.datetime | None:
        """Up to when tills asked for cards; None before the first."""
        return dt.datetime.fromisoformat(self.noted["cards_played"]) if "cards_played" in self.noted else None

    def play_cards_until(self, moment: dt.datetime) -> None:
        self._note(cards_played=moment.isoformat())

    def card_token(self, account: str) -> str:
        return self.noted.get(f"token of {account}", "")

    def keep_card_token(self, account: str, token: str) -> str:
        self._note(**{f"token of {account}": token})
        return token

    def keep_token(self, token: str) -> str:
        self._note(token=token)
        return token

    def _note(self, **noted: str) -> None:
        self.noted |= noted
        draft = self.path.with_suffix(".draft")
        draft.touch(0o600)
        draft.write_text(json.dumps(self.noted))
        os.replace(draft, self.path)
