"""A story told to the system: in one order by one teller, or by several at once, each with a connection of its own."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from django.db import connection
from django.test import Client
from django.utils import timezone

from safes.estate import add_site, place_safe, save_site
from safes.models import MachineKey, Safe, Site
from tests.transactions.cleaning import clean_database
from tests.transactions.law.books import draw_all
from tests.transactions.law.oracle import PRODUCTION, TEST, Place
from tests.transactions.law.said import Fact, Push, Reading
from tests.transactions.law.stories import (
    BOOKS,
    PLACES,
    Action,
    Arrival,
    CatchUp,
    Placing,
    Replay,
    SiteEdit,
    Story,
    Verdict,
)
from transactions import receiving
from transactions.deliveries import record_delivery
from transactions.endpoints import add_endpoint
from transactions.identity import key_digest
from transactions.models import AuditEvent, Delivery, PushEndpoint, Ruling, Transaction
from transactions.recording.rulings import rule, withdraw_ruling
from transactions.tasks import record_pending
from transactions.wire.push_json import read_message


class Teller:
    """Sets up an empty house and does what actions say."""

    def __init__(self, story: Story) -> None:
        clean_database()
        self.keys = {
            name: add_endpoint(name, environment="test" if book == TEST else "production")[1]
            for name, book in BOOKS.items()
        }
        edited = {action.code: action.wrong for action in story.people if isinstance(action, SiteEdit)}
        for code, place in PLACES.items():
            _add_site(code, edited.get(code, place))
        self.waiting: list[Verdict] = []

    def tell(self, actions: Iterable[Action]) -> None:
        for action in actions:
            self.do(action)
            self._give_verdicts()
        catch_up()
        self._give_verdicts()
        assert not self.waiting
        draw_all()

    def tell_at_once(self, actions: list[Action], tellers: int) -> None:
        """The actions dealt out to tellers that begin together; verdicts, which need something to judge, after."""
        spoken = [action for action in actions if not isinstance(action, Verdict)]
        everybody_ready = Barrier(tellers)

        def tell_some(some: Iterable[Action]) -> None:
            try:
                everybody_ready.wait()
                for action in some:
                    self.do(action)
            finally:
                connection.close()

        with ThreadPoolExecutor(tellers) as pool:
            for done in [pool.submit(tell_some, spoken[number::tellers]) for number in range(tellers)]:
                done.result()
        assert not Delivery.objects.filter(status=Delivery.Status.FAILED).exists()
        self.tell([action for action in actions if isinstance(action, Verdict)])

    def do(self, action: Action) -> None:
        match action:
            case Arrival(crash=False):
                self._push(action)
            case Arrival():
                self._store(action)
            case Replay():
                for pk in Delivery.objects.filter(
                    endpoint__name=action.push.endpoint,
                    digest=receiving.digest_of(action.push.body),
                    repeat_of__isnull=True,
                    recorded_at__isnull=False,
                ).values_list("pk", flat=True):
                    assert record_delivery(pk, again=True).error == ""
            case CatchUp():
                catch_up()
            case Placing():
                place_safe(action.serial, Site.objects.get(code=action.site), action.starts_on)
            case SiteEdit():
                site = Site.objects.get(code=action.code)
                place = PLACES[action.code]
                site.time_zone, site.day_rollover, site.currency = place.zone, place.rollover, place.currency
                save_site(site)
            case Verdict():
                self.waiting.append(action)

    def _push(self, arrival: Arrival) -> None:
        answer = Client().post(
            f"/api/loomis/transactions/{arrival.push.endpoint}",
            data=arrival.push.body,
            content_type="text/plain",
            headers={"Authorization": self.keys[arrival.push.endpoint]},
        )
        assert answer.status_code == 200
        assert answer.json()["status"] != "stored"

    def _store(self, arrival: Arrival) -> None:
        """The raw bytes are on disk, and then the server dies."""
        endpoint = PushEndpoint.objects.get(name=arrival.push.endpoint)
        key = MachineKey.objects.get(holder=endpoint.pk)
        body = arrival.push.body
        receiving.store(endpoint, key, receiving.Arrival(body, receiving.digest_of(body), {}))

    def _give_verdicts(self) -> None:
        """Judge what is stored by now; the rest waits until there is something to judge."""
        self.waiting = [verdict for verdict in self.waiting if not _judge(verdict)]


def catch_up() -> None:
    """What is left behind is due at once: no waiting for the clock."""
    Delivery.objects.filter(next_attempt_at__gt=timezone.now()).update(next_attempt_at=timezone.now())
    while record_pending():
        pass


def _judge(verdict: Verdict) -> bool:
    key = _key(verdict.fact)
    if key is None:
        return False
    ruling: Ruling | None = None
    for count in verdict.counts:
        if count is not None:
            ruling = rule(key, count, "The till roll says so.", None)
        elif ruling is not None:
            withdraw_ruling(ruling, None)
    return True


def _key(fact: Fact) -> tuple[int, dt.datetime, bytes] | None:
    safe = Safe.objects.filter(serial_number=fact.serial).first()
    if safe is None:
        return None
    (record,) = read_message(Push("", None, (Reading(fact),)).body).records
    digest = key_digest(record)
    stored = {"safe": safe, "local_time": fact.wall, "key_digest": digest, "book": PRODUCTION}
    if not any(table.objects.filter(**stored).exists() for table in (Transaction, AuditEvent)):
        return None
    return safe.pk, fact.wall, digest


def _add_site(code: str, place: Place) -> None:
    add_site(code, name=code, time_zone=place.zone, day_rollover=place.rollover, currency=place.currency)
