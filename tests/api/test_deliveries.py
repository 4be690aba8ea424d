"""Deliveries read as they were answered, and their bytes as they were sent."""

from __future__ import annotations

import gzip
import hashlib
import re

import pytest

from tests.api.reader import Pusher, problem, row
from tests.factories import body_of
from transactions.models import Delivery, DeliveryBody

pytestmark = pytest.mark.django_db

COUNTS = ("received", "created", "known", "quarantined")


def test_a_delivery_has_the_fields_of_the_contract(reader, loomis):
    body = body_of(row(1), row(2), {"no": "row"}, message_id="3f6c2a54-0d1c-4a44-9d3e-3b9c5f0a1b2c")
    said = loomis.push_body(body)
    shown = reader.rows("deliveries")[0]
    assert reader.read(f"deliveries/{said['delivery']}") == shown
    for moment in ("received_at", "recorded_at"):
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", shown.pop(moment))
    assert shown == {
        "id": said["delivery"],
        "channel": "push",
        "endpoint": "loomis",
        "feed": None,
        "file_name": "",
        "environment": "production",
        "message_id": "3f6c2a54-0d1c-4a44-9d3e-3b9c5f0a1b2c",
        "status": "accepted",
        "received": 3,
        "created": 2,
        "known": 0,
        "quarantined": 1,
        "size": len(body),
        "repeat_of": None,
        "sha256": hashlib.sha256(body).hexdigest(),
        "notes": shown["notes"],
        "error": "",
        "purged_at": None,
    }


def test_every_delivery_reads_as_it_was_answered(reader, loomis):
    body = body_of(row(1), row(2), {"no": "row"})
    for said in (
        loomis.push_body(body),
        loomis.push_body(body),
        loomis.push(row(1), row(3)),
        loomis.push_body(b"nonsense"),
        loomis.push_body(b"nonsense"),
    ):
        shown = reader.read(f"deliveries/{said['delivery']}")
        assert {name: shown[name] for name in ("status", *COUNTS)} == {name: said[name] for name in ("status", *COUNTS)}


def test_a_repeat_points_to_the_first_and_has_its_message(reader, loomis):
    body = body_of(row(), message_id="m-1")
    first, again = loomis.push_body(body)["delivery"], loomis.push_body(body)["delivery"]
    shown = reader.read(f"deliveries/{again}")
    assert (shown["repeat_of"], shown["message_id"]) == (first, "m-1")


def test_without_a_message_id_none_is_told(reader, loomis):
    said = loomis.push(row(), message_id=None)
    assert reader.read(f"deliveries/{said['delivery']}")["message_id"] is None


def test_what_is_not_recorded_yet_has_no_counts(reader, loomis):
    said = loomis.push(row())
    Delivery.objects.update(
        status="stored", recorded_at=None, received=None, created=None, known=None, quarantined=None, message=None
    )
    shown = reader.read(f"deliveries/{said['delivery']}")
    assert shown["status"] == "stored"
    assert [shown[name] for name in (*COUNTS, "message_id")] == [None] * 5


@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize("body", [b"", b"\xef\xbb\xbf[]", b"\x00\xff not text", b'{"Transactions": [ ] ,"a":1.50}\r\n'])
def test_the_bytes_are_those_that_were_sent(reader, loomis, body, slash):
    said = loomis.push_body(body)
    answer = reader.ask(f"deliveries/{said['delivery']}/raw{slash}")
    assert answer.content == body
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Disposition"].startswith("attachment")


def test_the_bytes_of_a_repeat_are_those_of_the_first(reader, loomis):
    body = body_of(row())
    loomis.push_body(body)
    assert reader.ask(f"deliveries/{loomis.push_body(body)['delivery']}/raw").content == body


def test_packed_bytes_are_given_unpacked(reader, loomis):
    body = body_of(row())
    answer = loomis.client.post(
        "/api/loomis/transactions/loomis",
        gzip.compress(body),
        content_type="application/json",
        headers={"Authorization": loomis.key, "Content-Encoding": "gzip"},
    )
    assert reader.ask(f"deliveries/{answer.json()['delivery']}/raw").content == body


def test_the_key_is_masked(reader):
    endpoint = Pusher("inside", placement="body", key_name="ApiKey")
    body = b'{"ApiKey": "%s", "Transactions": []}' % endpoint.key.encode()
    said = endpoint.push_body(body)
    shown = reader.ask(f"deliveries/{said['delivery']}/raw").content
    assert shown == body.replace(endpoint.key.encode(), b"*" * len(endpoint.key))


def test_any_form_asked_for_gets_the_bytes(reader, loomis):
    said = loomis.push_body(b"x")
    for accept in ("text/csv", "application/json", "image/png", "*/*"):
        assert reader.ask(f"deliveries/{said['delivery']}/raw", accept=accept).content == b"x"


def test_a_purged_body_is_gone(reader, loomis):
    said = loomis.push(row())
    DeliveryBody.objects.all().delete()
    assert "purged" in problem(reader.ask(f"deliveries/{said['delivery']}/raw"), 410)["detail"]
