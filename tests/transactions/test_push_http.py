"""Pushes in the form of Loomis's samples, over real sockets, against the real server.

DOMAIN.md section 1, "the wire"; CONTRACT.md, "Push answers".
"""

from __future__ import annotations

import datetime as dt
import gzip
import json
import uuid

import pytest

from config.data_dir import CHECKOUT
from tests.transactions.pushing import body, counts, drop, endpoint, message, stored
from transactions.endpoints import rotate
from transactions.models import AuditEvent, Delivery, Transaction

pytestmark = [pytest.mark.usefixtures("transactional_db"), pytest.mark.xdist_group("web_server")]

SAMPLE = (CHECKOUT / "tests/samples/push_mixed.json").read_bytes()


def test_a_push_as_loomis_sends_it_is_recorded(web_server):
    key = endpoint()
    with web_server.line() as line:
        line.head(
            "loomis",
            Connection="Keep-Alive",
            Content_Length=len(SAMPLE),
            Content_Type="application/json",
            Authorization=key,
            Expect="100-continue",
        )
        assert line.interim().startswith(b"HTTP/1.1 100 ")
        line.send(SAMPLE)
        answer = line.answer()
    assert answer.status == 200
    assert counts(answer.json()) == ("accepted", 3, 3, 0, 0)
    assert Transaction.objects.count() == 2
    assert AuditEvent.objects.count() == 1
    assert stored(answer.json()) == SAMPLE
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("name", ["Authorization", "authorization", "AUTHORIZATION"])
@pytest.mark.parametrize("form", ["{}", "Bearer {}", "bearer {}", "  {} "])
def test_a_key_in_the_header_is_taken_raw_or_as_a_bearer(web_server, name, form):
    key = endpoint()
    assert web_server.push("loomis", body(), {name: form.format(key)}).status == 200


def test_a_key_may_come_in_a_header_of_another_name(web_server):
    key = endpoint(key_name="X-Loomis-Key")
    assert web_server.push("loomis", body(), {"x-loomis-key": key}).status == 200
    assert web_server.push("loomis", body(), {"Authorization": key}).status == 401


@pytest.mark.parametrize("name", ["ApiKey", "apikey", "APIKEY"])
def test_a_key_in_the_query_is_found_by_its_name_in_any_case(web_server, name):
    key = endpoint(placement="query", key_name="ApiKey")
    assert web_server.push("loomis", body(), query=f"?a=b&{name}={key}").status == 200
    assert web_server.push("loomis", body(), {"Authorization": key}).status == 401


@pytest.mark.parametrize("placement", ["body", "metadata"])
@pytest.mark.parametrize("name", ["ApiKey", "APIKEY"])
def test_a_key_in_the_body_is_found_and_masked(web_server, placement, name):
    key = endpoint(placement=placement, key_name="ApiKey")
    said = message()
    (said if placement == "body" else said["Metadata"])[name] = key
    sent = json.dumps(said).encode()
    answer = web_server.push("loomis", sent)
    assert counts(answer.json()) == ("accepted", 1, 1, 0, 0)
    kept = stored(answer.json())
    assert kept == sent.replace(key.encode(), b"*" * len(key))
    assert len(kept) == len(sent)


def test_a_key_is_found_in_broken_json(web_server):
    key = endpoint(placement="body", key_name="ApiKey")
    answer = web_server.push("loomis", f'{{"ApiKey" : "{key}", "Transactions": [{{'.encode())
    assert answer.status == 200
    assert answer.json()["status"] == "quarantined"


def test_after_a_rotation_the_old_key_works_until_the_new_one_has_been_used(web_server):
    old = endpoint()
    new, _ = rotate("loomis", dt.timedelta(hours=1))
    assert web_server.push("loomis", body(), {"Authorization": old}).status == 200
    assert web_server.push("loomis", body(), {"Authorization": new}).status == 200
    assert web_server.push("loomis", body(), {"Authorization": old}).status == 200  # the overlap goes on


def test_after_a_rotation_without_overlap_only_the_new_key_works(web_server):
    old = endpoint()
    new, _ = rotate("loomis", dt.timedelta(0))
    assert web_server.push("loomis", body(), {"Authorization": old}).status == 401
    assert web_server.push("loomis", body(), {"Authorization": new}).status == 200


@pytest.mark.parametrize("path", ["loomis", "loomis/"])
def test_an_endpoint_answers_with_and_without_a_slash(web_server, path):
    key = endpoint()
    assert web_server.push(path, body(), {"Authorization": key}).status == 200


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "text/plain",
        "text/xml; charset=koi8-r",
        "multipart/form-data; boundary=x",
        "application/x-www-form-urlencoded",
    ],
)
def test_whatever_the_content_type_says_json_is_read(web_server, content_type):
    key = endpoint()
    answer = web_server.push("loomis", body(), {"Authorization": key, "Content-Type": content_type})
    assert counts(answer.json()) == ("accepted", 1, 1, 0, 0)


def test_one_connection_carries_many_pushes(web_server):
    key = endpoint()
    with web_server.line() as line:
        for second in range(3):
            sent = body([drop(second)])
            line.head("loomis", Authorization=key, Content_Length=len(sent), Connection="Keep-Alive")
            line.send(sent)
            assert counts(line.answer().json()) == ("accepted", 1, 1, 0, 0)


def test_a_refused_push_leaves_the_connection_usable_or_closed_never_confused(web_server):
    """The unread body of a push that was refused must not be taken for the next request."""
    key = endpoint()
    sent = body()
    with web_server.line() as line:
        line.head("loomis", Authorization="wrong", Content_Length=len(sent), Connection="Keep-Alive")
        line.send(sent)
        refused = line.answer()
        assert refused.status == 401
        if refused.headers.get("connection", "").lower() != "close":
            line.head("loomis", Authorization=key, Content_Length=len(sent))
            line.send(sent)
            assert line.answer().status == 200


def test_a_chunked_body_is_read(web_server):
    key = endpoint()
    sent = body()
    with web_server.line() as line:
        line.head("loomis", Authorization=key, Transfer_Encoding="chunked")
        for start in range(0, len(sent), 50):
            part = sent[start : start + 50]
            line.send(f"{len(part):x}\r\n".encode() + part + b"\r\n")
        line.send(b"0\r\n\r\n")
        answer = line.answer()
    assert counts(answer.json()) == ("accepted", 1, 1, 0, 0)
    assert stored(answer.json()) == sent


def test_a_gzipped_body_is_unpacked_and_kept_as_it_was_before(web_server):
    key = endpoint()
    sent = body()
    answer = web_server.push("loomis", gzip.compress(sent), {"Authorization": key, "Content-Encoding": "gzip"})
    assert counts(answer.json()) == ("accepted", 1, 1, 0, 0)
    assert stored(answer.json()) == sent


@pytest.mark.parametrize(("mark", "encoding"), [(b"\xef\xbb\xbf", "utf-8"), (b"", "utf-16"), (b"", "utf-32")])
def test_a_byte_order_mark_is_read_over(web_server, mark, encoding):
    key = endpoint()
    sent = mark + body().decode().encode(encoding)
    answer = web_server.push("loomis", sent, {"Authorization": key})
    assert counts(answer.json()) == ("accepted", 1, 1, 0, 0)
    assert stored(answer.json()) == sent


def test_a_known_message_is_a_duplicate_with_the_counts_of_then(web_server):
    key = endpoint()
    sent = body([drop(1), drop(2), {"no": "row"}])
    first = web_server.push("loomis", sent, {"Authorization": key}).json()
    again = web_server.push("loomis", sent, {"Authorization": key}).json()
    assert counts(first) == ("accepted", 3, 2, 0, 1)
    assert counts(again) == ("duplicate", 3, 0, 2, 1)
    assert first["delivery"] != again["delivery"]
    assert Transaction.objects.count() == 2


def test_known_rows_in_a_new_message_are_known_and_the_push_accepted(web_server):
    key = endpoint()
    web_server.push("loomis", body([drop(1), drop(2)]), {"Authorization": key})
    answer = web_server.push("loomis", body([drop(2), drop(3)]), {"Authorization": key})
    assert counts(answer.json()) == ("accepted", 2, 1, 1, 0)


def test_a_known_message_with_another_body_adds_what_is_new(web_server):
    """Same MessageId, other bytes: another body of the same message."""
    key = endpoint()
    name = str(uuid.uuid4())
    web_server.push("loomis", body([drop(1)], name), {"Authorization": key})
    answer = web_server.push("loomis", body([drop(1), drop(2)], name.upper()), {"Authorization": key})
    assert counts(answer.json())[1:] == (2, 1, 1, 0)
    assert Transaction.objects.count() == 2
    assert Delivery.objects.values("message").distinct().count() == 1


def test_more_rows_than_arranged_are_taken_and_noted(web_server):
    key = endpoint(batch_limit=10)
    answer = web_server.push("loomis", body([drop(second) for second in range(25)]), {"Authorization": key})
    assert counts(answer.json()) == ("accepted", 25, 25, 0, 0)
    assert "more than the 10 arranged" in Delivery.objects.get().notes[0]
