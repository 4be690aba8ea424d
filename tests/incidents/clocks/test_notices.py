"""Who is named is told by e-mail: once for each thing that happened, and by a real server."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP
from django.core import mail
from django.utils import timezone

from incidents import notices
from incidents.intake import take_in
from incidents.models import Dispatch, Incident, IncidentMessage, LoomisAccount, Notice
from incidents.raising import raise_incident
from incidents.tasks import follow_clocks, send_notices
from tests.config.system import free_port
from tests.incidents.intake.speaking import body
from tests.incidents.intake.trying import Out, tried
from tests.incidents.making import safe_wanted, safepoint_account
from tests.transactions.at_once import at_once

pytestmark = pytest.mark.django_db(transaction=True)

NOON = dt.datetime(2026, 3, 14, 12, 0, tzinfo=dt.UTC)


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def account() -> LoomisAccount:
    return safepoint_account(notify="desk@store.example, night@store.example")


def sent(account: LoomisAccount) -> Incident:
    one = raise_incident(safe_wanted(account))[0]
    tried(one, Out.DELIVERED)
    return one


def say(one: Incident, type_: str, **changes: Any) -> None:
    take_in(one.account, body(one, type_, **changes), IncidentMessage.Via.UPDATE)


def kinds() -> list[str]:
    return list(Notice.objects.order_by("pk").values_list("kind", flat=True))


def look_at(clock: time_machine.Traveller, minutes: int) -> None:
    clock.move_to(NOON + dt.timedelta(minutes=minutes))
    follow_clocks()


def test_each_clock_that_runs_out_is_told_once_and_a_new_promise_anew(account, clock):
    one = sent(account)
    for minutes in (30, 31, 40):
        look_at(clock, minutes)
    assert kinds() == ["incident_unconfirmed"]
    say(one, "Accept", SLADateTime="2026-03-14T14:20:00Z")  # in 100 minutes
    for minutes in (115, 116, 140, 150):
        look_at(clock, minutes)
    assert kinds()[1:] == ["incident_due_soon", "incident_overdue"]
    say(one, "Accept", SLADateTime="2026-03-14T16:10:00Z")  # in 100 minutes
    look_at(clock, 250)
    assert kinds()[3:] == ["incident_overdue"]
    assert send_notices() == 4
    assert send_notices() == 0
    assert len(mail.outbox) == 4


def test_a_refusal_and_each_death_of_a_dispatch_are_told(account):
    one, other = sent(account), raise_incident(safe_wanted(account, device="SR70002"))[0]
    say(one, "NAK")
    say(one, "NAK", ResponseText="Once more")
    for _ in range(2):
        tried(other, Out.REFUSED, leaves=Dispatch.State.DEAD, error="It answered 403.")
    assert kinds() == ["incident_refused", "incident_not_sent", "incident_not_sent"]


def test_nobody_is_told_where_nobody_is_named():
    one = sent(safepoint_account())
    say(one, "NAK")
    assert kinds() == []


def test_an_e_mail_says_what_happened_where_and_leads_there(account, settings):
    settings.PUBLIC_URL = "https://strongroom.example"
    one = sent(account)
    say(one, "NAK", ResponseText="Line one\nBcc: x@y.example")
    assert send_notices() == 1
    (told,) = mail.outbox
    assert told.to == ["desk@store.example", "night@store.example"]
    assert told.subject == f"Incident {one}, SR70001: refused by Loomis"
    assert "DeviceNotFound" in told.body
    assert f"https://strongroom.example/admin/incidents/incident/{one.pk}/change/" in told.body


def test_two_workers_send_each_once(account):
    for number in range(5):
        say(raised(account, number), "NAK")
    assert sum(at_once(*[send_notices for _ in range(3)])) == 5
    assert len(mail.outbox) == 5


def raised(account: LoomisAccount, number: int) -> Incident:
    one = raise_incident(safe_wanted(account, device=f"SR7100{number}"))[0]
    tried(one, Out.DELIVERED)
    return one


class Far:
    """A mail server's hand, which keeps what it is given, or says why not."""

    def __init__(self) -> None:
        self.refusal = ""
        self.taken: list[tuple[list[str], bytes]] = []

    async def handle_DATA(self, server: SMTP, session: object, envelope: Any) -> str:
        if self.refusal:
            return self.refusal
        self.taken.append((envelope.rcpt_tos, envelope.content))
        return "250 Taken"


@pytest.fixture
def far(settings) -> Iterator[Far]:
    hand = Far()
    controller = Controller(hand, hostname="127.0.0.1", port=free_port())
    controller.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = controller.hostname, controller.port
    yield hand
    controller.stop()


def test_a_real_server_gets_it(account, far):
    one = sent(account)
    say(one, "NAK", ResponseText="Türschloss klemmt")
    assert send_notices() == 1
    ((to, content),) = far.taken
    assert to == ["desk@store.example", "night@store.example"]
    assert f"Incident {one}".encode() in content
    notice = Notice.objects.get()
    assert (notice.sent_at is not None, notice.error) == (True, "")


def test_what_a_server_does_not_take_is_tried_again_later_with_its_reason_kept(account, far, clock):
    say(sent(account), "NAK")
    far.refusal = "451 Mailbox is full"
    assert (send_notices(), send_notices()) == (0, 0)
    notice = Notice.objects.get()
    assert (notice.attempts, notice.sent_at) == (1, None)
    assert "Mailbox is full" in notice.error
    far.refusal = ""
    clock.move_to(notice.next_attempt_at)
    assert send_notices() == 1
    assert len(far.taken) == 1


def test_a_server_that_is_not_there_is_said_so(account, settings):
    settings.EMAIL_BACKEND = "safes.unarranged_mail.EmailBackend"
    say(sent(account), "NAK")
    assert send_notices() == 0
    assert "EMAIL_URL" in Notice.objects.get().error


def test_what_a_worker_claimed_that_died_is_sent_by_the_next(account, clock):
    say(sent(account), "NAK")
    claimed = notices._claim()
    assert claimed is not None
    assert send_notices() == 0
    clock.move_to(timezone.now() + dt.timedelta(minutes=5))
    assert send_notices() == 1


def test_after_two_days_nobody_is_told_any_more(account, clock):
    say(sent(account), "NAK")
    clock.move_to(NOON + dt.timedelta(days=2, minutes=1))
    assert send_notices() == 0
