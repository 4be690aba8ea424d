"""A story told to the system: in one order by one teller, or by several at once, each with a connection of its own."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from threading import Barrier

from django.db import connection
from django.db.models import Q
from django.db.transaction import atomic
from django.test import Client
from django.utils import timezone

from safes.estate import add_site, place_safe, save_site
from safes.models import MachineKey, Safe, Site
from tests.transactions.cleaning import clean_database
from tests.transactions.feeds.filing import feed
from tests.transactions.law.books import draw_all
from tests.transactions.law.oracle import PRODUCTION, TEST, Place
from tests.transactions.law.said import Fact, File, Push, Reading, Telling
from tests.transactions.law.stories import (
    ENDPOINTS,
    FEEDS,
    PLACES,
    Action,
    Arrival,
    CatchUp,
    Counting,
    Placing,
    Replay,
    SiteEdit,
    Story,
    Taking,
    Verdict,
)
from transactions import receiving
from transactions.deliveries import record_delivery
from transactions.drawing import draw_soon
from transactions.endpoints import add_endpoint
from transactions.feeds.taking import store_file
from transactions.identity import key_digest
from transactions.models import AuditEvent, Delivery, Feed, PhysicalCount, PushEndpoint, Ruling, Transaction
from transactions.models import Taking as TakingRow
from transactions.reconciliation.counts.keeping import Said, enter_count, withdraw_count
from transactions.reconciliation.takings.book import Teller as Says
from transactions.reconciliation.takings.keeping import keep
from transactions.recording.rulings import rule, withdraw_ruling
from transactions.tasks import record_pending
from transactions.wire.push_json import read_message


class Teller:
    """Sets up an empty house and does what actions say."""

    def __init__(self, story: Story) -> None:
        clean_database()
        self.keys = {
            name: add_endpoint(name, environment="test" if book == TEST else "production")[1]
            for name, book in ENDPOINTS.items()
        }
        for name, book in FEEDS.items():
            feed(name, environment="test" if book == TEST else "production")
        edited = {action.code: action.wrong for action in story.people if isinstance(action, SiteEdit)}
        for code, place in PLACES.items():
            _add_site(code, edited.get(code, place))
        self.waiting: list[Verdict | Counting] = []

    def tell(self, actions: Iterable[Action]) -> None:
        for action in actions:
            self.do(action)
            self._give_verdicts()
        catch_up()
        self._give_verdicts()
        assert not self.waiting
        draw_all()

    def tell_at_once(self, actions: list[Action], tellers: int) -> None:
        """The actions dealt out to tellers that begin together; what needs something to judge or to count, after."""
        spoken = [action for action in actions if not isinstance(action, Verdict | Counting)]
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
        self.tell([action for action in actions if isinstance(action, Verdict | Counting)])

    def do(self, action: Action) -> None:
        match action:
            case Arrival(crash=False):
                self._tell(action.telling)
            case Arrival():
                self._store(action.telling)
            case Replay():
                for pk in Delivery.objects.filter(
                    Q(endpoint__name=action.telling.source) | Q(feed__name=action.telling.source),
                    digest=receiving.digest_of(action.telling.body),
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
            case Verdict() | Counting():
                self.waiting.append(action)
            case Taking():
                _take(action)

    def _tell(self, telling: Telling) -> None:
        if isinstance(telling, File):
            delivery = _store_file(telling)
            assert record_delivery(delivery.repeat_of_id or delivery.pk).error == ""
            draw_soon()
            return
        answer = Client().post(
            f"/api/loomis/transactions/{telling.endpoint}",
            data=telling.body,
            content_type="text/plain",
            headers={"Authorization": self.keys[telling.endpoint]},
        )
        assert answer.status_code == 200
        assert answer.json()["status"] != "stored"

    def _store(self, telling: Telling) -> None:
        """The raw bytes are on disk, and then the server dies."""
        if isinstance(telling, File):
            _store_file(telling)
            return
        endpoint = PushEndpoint.objects.get(name=telling.endpoint)
        key = MachineKey.objects.get(holder=endpoint.pk)
        body = telling.body
        receiving.store(endpoint, key, receiving.Arrival(body, receiving.digest_of(body), {}))

    def _give_verdicts(self) -> None:
        """Judge and count what is there by now; the rest waits until there is something to judge."""
        self.waiting = [
            waiting
            for waiting in self.waiting
            if not (_judge(waiting) if isinstance(waiting, Verdict) else _count(waiting))
        ]


def catch_up() -> None:
    """What is left behind is due at once: no waiting for the clock."""
    waiting = Delivery.objects.filter(next_attempt_at__gt=timezone.now()).order_by("pk")
    # One by one, so that two tellers who do this at once never wait for each other.
    for pk in list(waiting.values_list("pk", flat=True)):
        Delivery.objects.filter(pk=pk).update(next_attempt_at=timezone.now())
    while record_pending():
        pass


@atomic
def _store_file(file: File) -> Delivery:
    return store_file(Feed.objects.get(name=file.feed), file.file_name, BytesIO(file.body))


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


def _count(counting: Counting) -> bool:
    told = counting.counted
    safe = Safe.objects.filter(serial_number=told.serial).first()
    if safe is None:
        return False
    for number, amount in enumerate((*counting.wrong, told.amount)):
        said = Said(told.compartment, PhysicalCount.Use.OPENING, told.date, told.currency, amount)
        count = enter_count(safe, said, None)
        if number < len(counting.wrong):
            withdraw_count(count.pk, "Counted wrongly.", None)
    return True


def _take(taking: Taking) -> None:
    took = taking.took
    for amount in (*taking.wrong, took.amount):
        row = {
            "site": took.site,
            "business_date": took.date.isoformat(),
            "register": took.register,
            "amount": str(amount),
            "reference": took.reference,
        }
        keep([row], Says(TakingRow.Source.TYPED))


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
