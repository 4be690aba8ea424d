"""A server that plays Loomis's side of incidents: it answers dispatches, and posts what comes of them later.

    with PretendLoomis(by_hand=True) as loomis:
        account.dispatch_url = loomis.serve("atms", update_url, update_key)
        ...
        loomis.step("atms", reference)  # say the next thing about it now

With ``by_hand`` updates wait for ``step`` or ``act``; without it they go out when they are due.
"""

from __future__ import annotations

import datetime as dt
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Self

from incidents.simulation.behaviours import Answers
from incidents.simulation.desk import Desk, Reply
from incidents.simulation.journal import Journal
from incidents.simulation.posting import Customer, Mailbag, Posted
from incidents.simulation.speaking import Fields, as_json, read_json

LARGEST = 1 << 20
_LOOK_SECONDS = 0.2
_PAGE = b"<!doctype html><html><body><h1>Service temporarily unavailable</h1></body></html>"


@dataclass(frozen=True, slots=True)
class Received:
    """A request as it came; ``said`` is None where it was no message."""

    account: str
    at: dt.datetime
    body: bytes
    headers: dict[str, str]
    said: Fields | None


def utc_now() -> dt.datetime:
    return dt.datetime.now(tz=dt.UTC)


class PretendLoomis:
    """``behaviour``, ``seed``, ``pace``, ``drawn_pace``: as a Desk's. ``port`` 0: any that is free.

    ``journal``: a file that keeps what a next one has to know, to go on from there.
    ``auth``: a header and the value that it must have, or the request is answered 401.
    """

    def __init__(
        self,
        *,
        behaviour: str = "good",
        seed: int = 1,
        pace: float = 1.0,
        drawn_pace: float = 1.0,
        by_hand: bool = False,
        port: int = 0,
        journal: Path | None = None,
        retry_seconds: float = 2.0,
        auth: tuple[str, str] | None = None,
        now: Callable[[], dt.datetime] = utc_now,
    ) -> None:
        self._new_desk = partial(Desk, behaviour, seed, pace, drawn_pace)
        self._journal, self._retry_seconds, self.auth, self.now = Journal(journal), retry_seconds, auth, now
        self.received: list[Received] = []
        self.mailbags: dict[str, Mailbag] = {}
        self.ended = threading.Event()
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", port), self)
        self._threads = [threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)]
        if not by_hand:
            self._threads.append(threading.Thread(target=self._post_what_is_due, daemon=True))

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def serve(self, account: str, update_url: str, update_key: str, key_name: str = "Authorization") -> str:
        """Take dispatches of an account, and give the URL that they are to be sent to. Called again: another key."""
        customer = Customer(account, update_url, update_key, key_name)
        with self._lock:
            if account in self.mailbags:
                self.mailbags[account].customer = customer
            else:
                desk = self._new_desk()
                self.mailbags[account] = Mailbag(customer, desk, self._journal, retry_seconds=self._retry_seconds)
        return f"{self.url}/{account}"

    def start(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def stop(self) -> None:
        self.ended.set()
        self._server.shutdown()
        self._server.server_close()
        for thread in self._threads:
            thread.join()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    # --- what a test or a person has it do --------------------------------------------------------------------------

    def dispatches(self, account: str) -> list[Fields]:
        """The messages that came for an account, in their order."""
        return [one.said for one in list(self.received) if one.account == account and one.said is not None]

    def step(self, account: str, reference: str) -> Posted | None:
        """Say the next thing about a dispatch now; None where there is nothing more to be said."""
        waiting = self.mailbags[account].waiting(reference)
        return self.mailbags[account].post(waiting[0], self.now()) if waiting else None

    def act(self, account: str | None = None) -> list[Posted]:
        """Say now all that is still to be said, in its order."""
        bags = [bag for name, bag in self.mailbags.items() if account in (None, name)]
        return [bag.post(update, self.now()) for bag in bags for update in bag.waiting()]

    def say(self, account: str, reference: str, kind: str, **changes: str) -> Posted:
        """Say anything about a dispatch that was taken, now: say("atms", "1", "close", ResponseText="Done").

        ``kind``: ack, nak, accept, close or cancel; ``changes``: fields by the documents' names.
        """
        bag = self.mailbags[account]
        with self._lock:
            update = bag.desk.update(reference, kind, self.now(), **changes)
        return bag.post(update, self.now())

    # --- what the server does ---------------------------------------------------------------------------------------

    def hear(self, account: str, body: bytes, headers: dict[str, str]) -> Reply | None:
        """Take a request in; None for what is no message at all."""
        said, at = read_json(body), self.now()
        with self._lock:
            self.received.append(Received(account, at, body, headers, said))
            if said is None or not said.get("MessageType"):
                return None
            bag = self.mailbags[account]
            self._journal.heard(account, said, at)
            reply = bag.desk.hear(said, at)
            bag.add(*reply.updates)
        return reply

    def _post_what_is_due(self) -> None:
        while not self.ended.wait(_LOOK_SECONDS):
            for bag in list(self.mailbags.values()):
                for update in bag.waiting():
                    if update.due <= self.now() and not self.ended.is_set():
                        bag.post(update, self.now())


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address: tuple[str, int], loomis: PretendLoomis) -> None:
        self.loomis = loomis
        super().__init__(address, _Handler)

    def handle_error(self, request: object, client_address: object) -> None:
        """Whoever asked has gone: not our affair."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    timeout = 60

    def do_POST(self) -> None:
        loomis = self.server.loomis
        account = self.path.strip("/")
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > LARGEST:
            self.close_connection = True
            self._answer(400, b'{"error": "Give a Content-Length, and at most a megabyte."}')
            return
        body = self.rfile.read(int(length))
        if account not in loomis.mailbags:
            self._answer(404, b'{"error": "There is no such customer."}')
        elif loomis.auth is not None and self.headers.get(loomis.auth[0]) != loomis.auth[1]:
            self._answer(401, b'{"error": "The credential is wrong."}')
        elif (reply := loomis.hear(account, body, dict(self.headers))) is None:
            self._answer(400, b'{"error": "That is no message."}')
        else:
            loomis.ended.wait(reply.after)
            self._reply(reply)

    def _reply(self, reply: Reply) -> None:
        if reply.how in (Answers.BROKEN, Answers.NEVER):
            if reply.how is Answers.NEVER:
                self.server.loomis.ended.wait()
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
        elif reply.how is Answers.PAGE:
            self._answer(200, _PAGE, "text/html")
        elif reply.how is Answers.BUSY:
            self._answer(503, b'{"error": "Busy."}')
        else:
            self._answer(200, as_json(reply.fields) if reply.fields else b"")

    def _answer(self, status: int, body: bytes, content_type: str = "application/json") -> None:
        self.send_response(status)
        if body:
            self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: what came is in `received`."""
