"""replay_delivery and purge: reading again changes nothing that is right, retention forgets nothing that matters."""

from __future__ import annotations

import datetime as dt
import io
import json
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from safes.findings import settle_by_person
from safes.models import Finding
from tests.factories import PushEndpointFactory, body_of, cash_in, deliver
from transactions.bodies import Purged, raw_body
from transactions.models import Delivery, DeliveryBody, TouchedDay, Transaction

pytestmark = pytest.mark.django_db


def answer(*arguments: str) -> Any:
    out = io.StringIO()
    call_command(*arguments, "--json", stdout=out)
    return json.loads(out.getvalue())


@pytest.fixture
def endpoint():
    return PushEndpointFactory.create()


def stored() -> list[Any]:
    return list(Transaction.objects.order_by("pk").values())


def test_replaying_as_often_as_one_likes_changes_nothing_that_is_right(endpoint):
    twin = cash_in()
    delivery = deliver(endpoint, body_of(twin, twin, cash_in(Amount=5, Denominations=None)))
    before = stored()
    for _ in range(2):
        (reading,) = answer("replay_delivery", str(delivery.pk))["deliveries"]
        assert reading["delivery"] == delivery.pk
        assert (reading["status"], reading["received"], reading["quarantined"]) == ("accepted", 3, 0)
        assert reading["error"] == ""
    assert stored() == before
    assert len(before) == 3


def test_a_repeat_stands_for_the_delivery_it_repeats(endpoint):
    body = body_of(cash_in())
    first, again = deliver(endpoint, body), deliver(endpoint, body)
    assert again.repeat_of_id == first.pk
    assert [one["delivery"] for one in answer("replay_delivery", str(again.pk))["deliveries"]] == [first.pk]


def test_failed_deliveries_are_found_and_recorded(endpoint):
    waiting = deliver(endpoint, body_of(cash_in()), recorded=False)
    deliver(endpoint, body_of(cash_in(Amount=5, Denominations=None)))
    Delivery.objects.filter(pk=waiting.pk).update(status="failed", error="Recording failed.", attempts=3)
    (reading,) = answer("replay_delivery", "--failed")["deliveries"]
    assert (reading["delivery"], reading["status"], reading["created"]) == (waiting.pk, "accepted", 1)
    waiting.refresh_from_db()
    assert waiting.error == ""


@pytest.mark.parametrize("when", ["{:%Y-%m-%d}", "{:%Y-%m-%dT%H:%M}Z", "{:%Y-%m-%dT%H:%M}+00:00"])
def test_deliveries_since_a_date_or_a_moment_are_read_oldest_first(endpoint, when):
    deliver(endpoint, body_of(cash_in()), days_ago=9)
    newer = [deliver(endpoint, body_of(cash_in(Amount=n, Denominations=None)), days_ago=2) for n in (1, 2)]
    since = when.format(dt.datetime.now(dt.UTC) - dt.timedelta(days=5))
    read = answer("replay_delivery", "--since", since)["deliveries"]
    assert [one["delivery"] for one in read] == [one.pk for one in newer]


def test_what_a_replay_touched_is_drawn_before_it_ends(endpoint):
    delivery = deliver(endpoint, body_of(cash_in()), recorded=False)
    answer("replay_delivery", str(delivery.pk))
    assert not TouchedDay.objects.exists()
    assert Finding.objects.filter(kind="unknown_safe", state="open").exists()


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ([], "ids, --failed, or --since"),
        (["999999"], "There is no delivery 999999"),
        (["--since", "lately"], "2026-11-21"),
        (["first"], "invalid int value"),
    ],
)
def test_a_replay_of_nothing_in_particular_is_a_sentence(arguments, word):
    with pytest.raises(CommandError, match=word):
        call_command("replay_delivery", *arguments)


def test_a_purged_delivery_is_told_of_in_a_sentence_and_the_others_are_read(endpoint):
    old = deliver(endpoint, body_of(cash_in()), days_ago=60)
    answer("purge", "--older-than", "40")
    fresh = deliver(endpoint, body_of(cash_in(Amount=5, Denominations=None)))
    before = stored()
    out = io.StringIO()
    with pytest.raises(CommandError, match=r"1 delivery could not be read again: .* was purged"):
        call_command("replay_delivery", str(old.pk), str(fresh.pk), "--json", stdout=out)
    errors = {one["delivery"]: one["error"] for one in json.loads(out.getvalue())["deliveries"]}
    assert "was purged" in errors[old.pk]
    assert errors[fresh.pk] == ""
    assert stored() == before


def test_a_purge_deletes_bodies_and_keeps_digests_rows_and_transactions(endpoint):
    old = deliver(endpoint, body_of(cash_in()), days_ago=60)
    young = deliver(endpoint, body_of(cash_in(Amount=5, Denominations=None)), days_ago=10)
    digest, before = bytes(old.digest), stored()
    said = answer("purge", "--older-than", "40")
    assert (said["bodies"], said["repeats"]) == (1, 0)
    old.refresh_from_db()
    assert old.purged_at is not None
    assert bytes(old.digest) == digest
    with pytest.raises(Purged):
        raw_body(old)
    assert raw_body(young)
    assert stored() == before


def test_bytes_sent_again_after_their_body_was_purged_are_still_a_duplicate(endpoint):
    body = body_of(cash_in())
    old = deliver(endpoint, body, days_ago=60)
    answer("purge", "--older-than", "40")
    again = deliver(endpoint, body)
    assert (again.status, again.repeat_of_id) == ("duplicate", old.pk)
    assert Transaction.objects.count() == 1


def test_a_purge_deletes_rows_that_say_no_more_than_the_same_again(endpoint):
    body = body_of(cash_in())
    first = deliver(endpoint, body, days_ago=60)
    deliver(endpoint, body, days_ago=60)
    young = deliver(endpoint, body)
    assert answer("purge", "--older-than", "40")["repeats"] == 1
    assert set(Delivery.objects.values_list("pk", flat=True)) == {first.pk, young.pk}


def test_a_purge_never_touches_what_is_not_recorded(endpoint):
    waiting = deliver(endpoint, body_of(cash_in()), recorded=False, days_ago=60)
    said = answer("purge", "--older-than", "40")
    assert (said["bodies"], said["kept_unrecorded"]) == (0, 1)
    assert raw_body(waiting)


def test_a_purge_keeps_a_body_until_its_quarantined_rows_are_settled(endpoint):
    delivery = deliver(endpoint, body_of(cash_in(Amount="much")), days_ago=60)
    said = answer("purge", "--older-than", "40")
    assert (said["bodies"], said["kept_for_findings"]) == (0, 1)
    settle_by_person(Finding.objects.get(kind="quarantined_row").pk, "clerk", "Loomis sent it anew.")
    assert answer("purge", "--older-than", "40")["bodies"] == 1
    assert not DeliveryBody.objects.filter(pk=delivery.pk).exists()


def test_a_purge_twice_has_nothing_left_to_do(endpoint):
    deliver(endpoint, body_of(cash_in()), days_ago=60)
    assert answer("purge", "--older-than", "40")["bodies"] == 1
    assert answer("purge", "--older-than", "40")["bodies"] == 0


def test_a_purge_goes_through_more_than_one_batch(endpoint, monkeypatch):
    monkeypatch.setattr("transactions.retention._BATCH", 2)
    for number in range(5):
        body = body_of(cash_in(Amount=number + 1, Denominations=None))
        deliver(endpoint, body, days_ago=60)
        deliver(endpoint, body, days_ago=60)
    said = answer("purge", "--older-than", "40")
    assert (said["bodies"], said["repeats"]) == (5, 5)


@pytest.mark.parametrize("days", ["0", "34", "-1", "99999999", "month"])
def test_the_running_month_is_never_purged(endpoint, days):
    deliver(endpoint, body_of(cash_in()), days_ago=60)
    with pytest.raises(CommandError):
        call_command("purge", f"--older-than={days}")
    assert DeliveryBody.objects.count() == 1
