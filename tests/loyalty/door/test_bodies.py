"""Bodies as clients send them: chunked, packed, too large, broken off. On the real server."""

from __future__ import annotations

import gzip
import json

import pytest

from tests.loyalty.door.till import Till
from tests.loyalty.making import NUMBER, PHONE, card, contact

pytestmark = [pytest.mark.usefixtures("transactional_db"), pytest.mark.xdist_group("web_server")]

BODY = json.dumps({"Number": NUMBER, "MobileNumber": PHONE}).encode()
LONGEST = 2 << 20


@pytest.fixture
def till() -> Till:
    card()
    contact()
    return Till()


def test_a_chunked_body_is_read(web_server, till):
    lines = ["POST /api/card/bindto HTTP/1.1", "Host: localhost", f"Authorization: {till.headers['Authorization']}"]
    with web_server.line() as line:
        line.send("\r\n".join([*lines, "Transfer-Encoding: chunked", "", ""]).encode())
        for part in (BODY[:10], BODY[10:]):
            line.send(b"%x\r\n%s\r\n" % (len(part), part))
        line.send(b"0\r\n\r\n")
        answer = line.answer()
    assert (answer.status, answer.json()["Key"]) == (200, "OK")


def test_a_packed_body_is_unpacked_within_the_bound(web_server, till):
    headers = till.headers | {"Content-Encoding": "gzip"}
    assert web_server.ask("POST", "/api/card/bindto", gzip.compress(BODY), headers).json()["Key"] == "OK"
    bomb = gzip.compress(b" " * LONGEST + BODY)
    assert web_server.ask("POST", "/api/card/bindto", bomb, headers).status == 400


def test_a_megabyte_is_read(web_server, till):
    for size in (1 << 20, LONGEST - 100):
        body = json.dumps({"Number": "4" * size, "MobileNumber": PHONE}).encode()
        assert web_server.ask("POST", "/api/card/bindto", body, till.headers).json()["Key"] == "InvalidCardNumber"


def test_more_than_the_bound_is_answered_without_being_read(web_server, till):
    lines = ["POST /api/card/bindto HTTP/1.1", "Host: localhost", f"Authorization: {till.headers['Authorization']}"]
    with web_server.line() as line:
        line.send("\r\n".join([*lines, f"Content-Length: {LONGEST + 1}", "", ""]).encode())
        answer = line.answer()
    assert (answer.status, answer.json()["Key"]) == (400, "BadRequest")


def test_a_body_on_a_get_is_read_too(web_server, till):
    answer = web_server.ask("GET", "/api/card/issue", json.dumps({"number": int(NUMBER)}).encode(), till.headers)
    assert answer.json()["Key"] == "OK"
