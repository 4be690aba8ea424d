"""Updates of a simulated Loomis that wait for their time, and how each reaches Strongroom: by HTTP, again until 2xx."""

from __future__ import annotations

import datetime as dt
import threading
from dataclasses import dataclass, replace

import httpx

from incidents.simulation.desk import Desk, Update
from incidents.simulation.journal import Journal, drop_cancelled
from incidents.simulation.speaking import as_json


@dataclass(frozen=True, slots=True)
class Customer:
    """Where the updates of an account go, and with which key."""

    name: str
    update_url: str
    update_key: str
    key_name: str = "Authorization"


@dataclass(frozen=True, slots=True)
class Posted:
    """An update that was sent; ``status`` 0: nobody answered."""

    update: Update
    status: int

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300


class Mailbag:
    """The updates of one account. Safe to use from several threads."""

    def __init__(self, customer: Customer, desk: Desk, journal: Journal, *, retry_seconds: float) -> None:
        self.customer, self.desk, self.journal = customer, desk, journal
        self.retry = dt.timedelta(seconds=retry_seconds)
        self.posted: list[Posted] = []
        self._waiting = {update.name: update for update in journal.retell(customer.name, desk)}
        self._lock = threading.Lock()
        self._sending = threading.Lock()

    def add(self, *updates: Update) -> None:
        with self._lock:
            drop_cancelled(self._waiting, self.desk)
            self._waiting |= {update.name: update for update in updates}

    def waiting(self, reference: str | None = None) -> list[Update]:
        """In the order in which they are due."""
        with self._lock:
            of_it = [one for one in self._waiting.values() if reference in (None, one.reference)]
        return sorted(of_it, key=lambda one: one.due)

    def post(self, update: Update, now: dt.datetime) -> Posted:
        """Say it now. What is not answered 2xx is said again some seconds later."""
        with self._sending:
            posted = Posted(update, self._status(update))
            with self._lock:
                self.posted.append(posted)
                if posted.ok:
                    self._waiting.pop(update.name, None)
                    self.journal.posted(self.customer.name, update)
                else:
                    self._waiting[update.name] = replace(update, due=now + self.retry)
        return posted

    def _status(self, update: Update) -> int:
        headers = {"Content-Type": "application/json", self.customer.key_name: self.customer.update_key}
        try:
            answer = httpx.post(
                self.customer.update_url, content=as_json(update.fields), headers=headers, timeout=30, trust_env=False
            )
        except httpx.HTTPError:
            return 0
        return answer.status_code
