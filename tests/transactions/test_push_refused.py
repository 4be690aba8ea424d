"""Pushes that are turned away: 401 alike, 405, 413 without reading on, and nothing stored of any of them.

DOMAIN.md section 1; CONTRACT.md, "HTTP". A refusal that goes on for 24 hours is cash that Loomis discards for ever.
"""

from __future__ import annotations

import zlib

import pytest

from safes.models import Finding
from tests.config.system import until
from tests.transactions.pushing import body, counts, endpoint
from tests.transactions.server import PATH, Answer
from transactions.models import Delivery, PushEndpoint, Transaction

pytestmark = [pytest.mark.usefixtures("transactional_db"), pytest.mark.xdist_group("web_server")]

LIMIT = 10_485_760


def told(answer: Answer) -> tuple[int, dict[str, str], bytes]:
    """All that a caller can tell one refusal from another by.

    Not the time; and not whether the line stays open, which hangs on whether the whole body had come by then.
    """
    alike = {name: value for name, value in answer.headers.items() if name not in ("date", "connection")}
    return answer.status, alike, answer.body


def finding(kind: str) -> tuple[str, int]:
    (found,) = Finding.objects.filter(kind=kind)
    return found.state, found.detail["count"]


def test_401_tells_nobody_what_was_wrong(web_server):
    key = endpoint()
    endpoint("asleep")
    PushEndpoint.objects.filter(name="asleep").update(active=False)
    endpoint("inbody", placement="body", key_name="ApiKey")
    endpoint("inquery", placement="query", key_name="ApiKey")
    refusals = [
        web_server.push("loomis", body(), {"Authorization": key + "x"}),
        web_server.push("loomis", body(), {"Authorization": ""}),
        web_server.push("loomis", body()),
        web_server.push("nobody", body(), {"Authorization": key}),
        web_server.push("asleep", body(), {"Authorization": key}),
        web_server.push("inbody", body(), {"Authorization": key}),
        web_server.push("inquery", body(), query=f"?ApiKey={key}"),
        web_server.push("n%00body", body(), {"Authorization": key}),
        web_server.push("n%ffbody", body(), {"Authorization": key}),
        web_server.push("x" * 2000, body(), {"Authorization": key}),
    ]
    assert refusals[0].status == 401
    assert [told(refusal) for refusal in refusals] == [told(refusals[0])] * len(refusals)
    assert not Delivery.objects.exists()


def test_a_key_of_another_endpoint_opens_nothing(web_server):
    endpoint()
    other = endpoint("other")
    assert web_server.push("loomis", body(), {"Authorization": other}).status == 401


def test_a_key_that_is_no_text_is_wrong(web_server):
    endpoint()
    with web_server.line() as line:
        line.send(f"POST {PATH}/loomis HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n".encode())
        line.send(b"Authorization: \xff\xfe\x80\r\n\r\n{}")
        assert line.answer().status in (400, 401)


def test_wrong_keys_are_one_finding_that_counts_and_closes_with_the_next_accepted_push(web_server):
    key = endpoint()
    for times in (1, 2, 3):
        web_server.push("loomis", body(), {"Authorization": "wrong"})
        assert finding("rejected_push") == ("open", times)
    web_server.push("nobody", body(), {"Authorization": "wrong"})
    assert finding("rejected_push") == ("open", 3)
    assert web_server.push("loomis", body(), {"Authorization": key}).status == 200
    assert Finding.objects.get(kind="rejected_push").state == "closed"
    web_server.push("loomis", body(), {"Authorization": "wrong"})
    assert finding("rejected_push") == ("open", 1)


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE"])
@pytest.mark.parametrize("name", ["loomis", "nobody/"])
def test_nothing_but_a_post_pushes(web_server, method, name):
    key = endpoint()
    answer = web_server.ask(method, f"{PATH}/{name}", headers={"Authorization": key})
    assert (answer.status, answer.headers["allow"]) == (405, "POST")
    assert "set-cookie" not in answer.headers
    assert not Delivery.objects.exists()


def test_a_declared_length_over_the_limit_is_refused_without_its_body(web_server):
    key = endpoint()
    with web_server.line() as line:
        line.head("loomis", Authorization=key, Content_Length=LIMIT + 1)
        line.send(b'{"Tra')
        assert line.answer().status == 413
    assert finding("oversized_push") == ("open", 1)
    assert not Delivery.objects.exists()


def test_a_length_that_is_too_long_is_refused_before_the_body_is_asked_for(web_server):
    key = endpoint()
    with web_server.line() as line:
        line.head("loomis", Authorization=key, Content_Length=LIMIT + 1, Expect="100-continue")
        assert line.answer().status == 413


def test_a_body_of_exactly_the_limit_is_taken(web_server):
    key = endpoint()
    said = body()
    answer = web_server.push("loomis", said + b" " * (LIMIT - len(said)), {"Authorization": key})
    assert counts(answer.json()) == ("accepted", 1, 1, 0, 0)


def test_chunks_beyond_the_limit_are_refused(web_server):
    key = endpoint(max_body_bytes=200_000)
    with web_server.line() as line:
        line.head("loomis", Authorization=key, Transfer_Encoding="chunked")
        chunk = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
        for _ in range(4):
            line.send(chunk)
        line.send(b"0\r\n\r\n")
        assert line.answer().status == 413
    assert finding("oversized_push") == ("open", 1)


def test_gzip_beyond_the_limit_is_refused(web_server):
    """A few kilobytes on the wire, a gigabyte unpacked: no more than the limit is ever made of it."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = b"".join([packer.compress(bytes(1 << 20)) for _ in range(256)]) + packer.flush()
    key = endpoint()
    answer = web_server.push("loomis", bomb, {"Authorization": key, "Content-Encoding": "gzip"})
    assert answer.status == 413
    assert finding("oversized_push") == ("open", 1)


def test_an_oversized_push_is_one_finding_that_counts_and_closes_with_the_next_accepted_push(web_server):
    key = endpoint(max_body_bytes=1000)
    for times in (1, 2):
        web_server.push("loomis", b" " * 1001, {"Authorization": key})
        assert finding("oversized_push") == ("open", times)
    assert web_server.push("loomis", body(), {"Authorization": key}).status == 200
    assert Finding.objects.get(kind="oversized_push").state == "closed"


def test_an_oversized_body_with_a_wrong_key_is_a_wrong_key(web_server):
    endpoint(max_body_bytes=1000)
    assert web_server.push("loomis", b" " * 1001, {"Authorization": "wrong"}).status == 401
    assert not Finding.objects.filter(kind="oversized_push").exists()


def break_off(web_server, key: str, said: bytes, **headers: str | int) -> None:
    with web_server.line() as line:
        line.head("loomis", Authorization=key, **headers)
        line.send(said)


def test_a_body_that_breaks_off_stores_nothing(web_server):
    key = endpoint()
    said = body()
    break_off(web_server, key, said[: len(said) // 2], Content_Length=len(said))
    until(lambda: "status=400" in web_server.said(), "the server to give it up")
    assert not Delivery.objects.exists()
    assert counts(web_server.push("loomis", said, {"Authorization": key}).json()) == ("accepted", 1, 1, 0, 0)


def test_after_chunks_that_break_off_the_whole_message_is_recorded(web_server):
    """Without a declared length the server cannot tell a broken body from a whole one; it must not cost anything."""
    key = endpoint()
    said = body()
    break_off(web_server, key, f"{len(said):x}\r\n".encode() + said[: len(said) // 2], Transfer_Encoding="chunked")
    assert counts(web_server.push("loomis", said, {"Authorization": key}).json()) == ("accepted", 1, 1, 0, 0)
    assert Transaction.objects.count() == 1
