"""Whatever comes, the real server answers it as the contract says, and never with a 500.

A few hundred requests made of damaged bodies, odd headers and odd queries.
"""

from __future__ import annotations

import json
from http.client import HTTPException

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.transactions.pushing import body, drop, endpoint, stored
from tests.transactions.server import PATH
from transactions.models import Delivery

pytestmark = [pytest.mark.usefixtures("transactional_db"), pytest.mark.xdist_group("web_server")]

GOOD = body([drop(1), drop(2, Denominations=[{"UnitValue": 20.0, "Count": 2, "Currency": "USD"}])])
_some = settings(max_examples=150 if settings().max_examples <= 100 else 2000)

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
NAMES = ["SerialNumber", "TransactionDateTime", "TransactionType", "Amount", "PickupGroupId", "UserName", "Register"]
odd_rows = st.builds(
    lambda row, odd: row | odd, st.just(drop(3)), st.dictionaries(st.sampled_from([*NAMES, "X"]), json_values)
)
odd_messages = st.lists(odd_rows | json_values, max_size=4).map(
    lambda rows: json.dumps({"Transactions": rows}).encode()
)


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A good message with a stretch of it cut out, repeated or overwritten."""
    start = draw(st.integers(0, len(GOOD)))
    end = draw(st.integers(start, min(start + 40, len(GOOD))))
    filling = draw(st.one_of(st.just(b""), st.just(GOOD[start:end] * 2), st.binary(max_size=10)))
    return GOOD[:start] + filling + GOOD[end:]


def test_any_body_with_the_right_key_is_stored_and_answered_200(web_server):
    key = endpoint()

    @_some
    @given(st.one_of(damaged(), odd_messages, st.binary(max_size=200)))
    def send(sent: bytes) -> None:
        answer = web_server.push("loomis", sent, {"Authorization": key})
        assert answer.status == 200
        said = answer.json()
        assert said["status"] in ("accepted", "quarantined", "duplicate")
        assert said["received"] == said["created"] + said["known"] + said["quarantined"]
        if said["status"] != "duplicate":
            assert stored(said) == sent

    send()
    assert not Delivery.objects.filter(status__in=["stored", "failed"]).exists()


HEADER_NAMES = [
    "Authorization",
    "Content-Type",
    "Content-Encoding",
    "Transfer-Encoding",
    "Content-Length",
    "Cookie",
    "Date",
    "X-Forwarded-For",
    "User-Agent",
    "Range",
    "Upgrade",
    "Connection",
    "Accept-Language",
    "Origin",
    "Referer",
]
header_values = st.one_of(
    st.sampled_from(
        [b"gzip", b"chunked", b"0", b"-1", b"1e3", b"99999999999999999999", b"upgrade", b"websocket", b"\xff"]
    ),
    st.binary(max_size=40).map(lambda value: value.translate(None, b"\r\n")),
    st.sampled_from([b"x" * 5000, b"a=b; " * 300]),
)


def test_odd_headers_and_queries_never_make_a_500(web_server):
    key = endpoint("inquery", placement="query", key_name="ApiKey")

    @_some
    @given(
        st.lists(st.tuples(st.sampled_from(HEADER_NAMES), header_values), max_size=4),
        st.one_of(st.just(b""), st.binary(max_size=60).map(lambda q: q.translate(None, b" \r\n\t\x0b\x0c\x00"))),
        st.booleans(),
    )
    def send(headers: list[tuple[str, bytes]], query: bytes, right: bool) -> None:
        said = f"&ApiKey={key}".encode() if right else b""
        lines = [b"POST %s/inquery?%s%s HTTP/1.1" % (PATH.encode(), query, said), b"Host: localhost"]
        lines += [name.encode() + b": " + value for name, value in headers]
        if not any(name in ("Content-Length", "Transfer-Encoding") for name, _ in headers):
            lines.append(b"Content-Length: %d" % len(GOOD))
        with web_server.line() as line:
            line.connection.settimeout(10)
            try:
                line.send(b"\r\n".join(lines) + b"\r\n\r\n" + GOOD)
                line.end()
                status = line.answer().status
            except (HTTPException, ConnectionError):  # hung up on: what was sent is no HTTP
                return
        assert status < 500, (status, lines)

    send()
    assert web_server.push("inquery", GOOD, query=f"?ApiKey={key}").status == 200
