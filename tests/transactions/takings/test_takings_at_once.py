"""Takings by many at once, each with a connection of its own: no deadlock, each once, and the right figures."""

from __future__ import annotations

import random
from collections.abc import Callable
from decimal import Decimal
from functools import partial

import pytest
from django.db import connection
from django.db.transaction import atomic

from safes.estate import lock_sites
from safes.models import Finding, Register
from safes.registers import confirm_register, keep_register
from tests.api.till import Till
from tests.factories import AdministratorFactory, SiteFactory
from tests.transactions.at_once import at_once
from tests.transactions.takings.telling import DAY, now, site_days, taking, tell, turn
from tests.transactions.takings.test_admin_takings import look, row, table
from transactions.models import Taking
from transactions.reconciliation.sites.drawing import draw_sites_touched
from transactions.reconciliation.sites.soon import draw_sites_soon

pytestmark = pytest.mark.usefixtures("transactional_db")

TELLERS = 8


@pytest.fixture(autouse=True)
def sites(transactional_db):
    with now():
        yield [SiteFactory.create(code=f"S{number}") for number in (1, 2, 3)]


def test_one_reference_by_eight_at_once_is_kept_once():
    at_once(*[lambda amount=amount: tell(taking(str(amount), reference="R-1")) for amount in range(1, TELLERS + 1)])
    (kept,) = Taking.objects.all()
    assert kept.amount in range(1, TELLERS + 1)
    assert kept.history.count() == TELLERS
    assert site_days() == {f"S1 {DAY} USD": (0, kept.amount, -kept.amount, -kept.amount)}


def test_one_reference_said_of_three_sites_at_once_ends_at_one_of_them():
    at_once(
        *[
            lambda number=number: tell(taking("5", reference="R-1", site=f"S{number % 3 + 1}"))
            for number in range(TELLERS)
        ]
    )
    kept = Taking.objects.get()
    assert list(site_days()) == [f"{kept.register.site.code} {DAY} USD"]


def test_one_till_without_a_reference_by_eight_at_once_is_kept_once_and_its_register_made_once():
    at_once(*[lambda: tell(taking("5", "9"))] * TELLERS)
    assert Taking.objects.count() == Register.objects.count() == 1


def test_overlapping_lists_in_any_order_while_days_are_drawn_do_not_lock_each_other_out():
    rows = [
        taking(str(number), str(number % 4), site=f"S{number % 3 + 1}", reference=f"R{number}") for number in range(30)
    ]

    def shuffled(seed: int) -> None:
        mixed = rows[:]
        random.Random(seed).shuffle(mixed)
        tell(*mixed[:20])
        draw_sites_soon()

    at_once(
        *[lambda seed=seed: shuffled(seed) for seed in range(TELLERS - 2)],
        *[lambda: [draw_sites_touched() for _ in range(20)]] * 2,
    )
    tell(*rows)
    turn()
    by_site = {day.split()[0]: takings for day, (_, takings, *_) in site_days().items()}
    assert by_site == {f"S{one + 1}": Decimal(sum(range(one, 30, 3))) for one in range(3)}


def test_lists_of_many_sites_in_any_order_do_not_lock_each_other_out():
    for number in range(4, 9):
        SiteFactory.create(code=f"S{number}")

    def tell_all(teller: int) -> None:
        codes = [f"S{number}" for number in range(1, 9)][:: 1 if teller % 2 else -1]
        for number in range(4):
            tell(*(taking(str(number), f"{teller}", site=code) for code in codes))

    at_once(*[partial(tell_all, teller) for teller in range(TELLERS)])
    assert Taking.objects.count() == 8 * TELLERS


def impatient(work: Callable[[], object]) -> object:
    """Work that fails if it has to wait for anybody."""
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '3s'")
    return work()


def test_a_push_does_not_wait_for_a_site_that_somebody_works_at(sites):
    tell(taking("5"))
    with atomic():
        lock_sites([sites[0].pk])
        assert at_once(partial(impatient, draw_sites_touched)) == [0]
    assert site_days() == {f"S1 {DAY} USD": (0, 5, -5, -5)}


def test_a_preview_waits_for_nobody_and_keeps_nobody_waiting(sites, client):
    client.force_login(AdministratorFactory.create())
    tell(taking("5", reference="R-1"))
    content = table(row(reference="R-1"), row(register="9"), row(register="9"))
    with atomic():
        lock_sites([site.pk for site in sites])
        (looked,) = at_once(partial(impatient, partial(look, client, content)))
    assert "1 new, 2 changed, 0 as they are already" in looked.content.decode()
    assert not Register.objects.filter(code="9").exists()


def test_a_register_confirmed_while_its_takings_are_drawn_is_not_asked_for_again(sites):
    for number in range(10):
        tell(taking("5", f"R{number}"))
        register = Register.objects.get(code=f"R{number}")
        at_once(
            draw_sites_touched,
            partial(confirm_register, register.pk),
            partial(keep_register, sites[0], "front", str(number)),
        )
    turn()
    assert not Finding.objects.filter(kind="unknown_register", state="open").exists()


def test_calls_at_once_with_one_key_are_one_call():
    till = Till()
    answers = at_once(*[lambda: till.say(taking("40"), key="k-1")] * TELLERS)
    assert sorted(answer.status_code for answer in answers) == [200] * (TELLERS - 1) + [201]
    assert len({answer.content for answer in answers}) == 1
    assert sum("Idempotency-Replayed" in answer for answer in answers) == TELLERS - 1
    assert Taking.objects.get().history.count() == 1


def test_nothing_is_left_locked():
    tell(taking("1", reference="R-1"))
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = %s", [0x7A6B])
        assert cursor.fetchone() == (0,)
