"""Whatever comes, the real server answers a result key or a 4xx in the service's own form, and never with a 500."""

from __future__ import annotations

import json
from http.client import HTTPException
from typing import Any
from urllib.parse import quote, quote_from_bytes, urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loyalty.results import Fault, Key
from tests.loyalty.door.till import Till
from tests.loyalty.making import NUMBER, PHONE, card, contact

pytestmark = [pytest.mark.usefixtures("transactional_db"), pytest.mark.xdist_group("web_server")]
_some = settings(max_examples=150 if settings().max_examples <= 100 else 2000)

KEYS = {*Key, *Fault} - {Fault.ERROR, Fault.UNAVAILABLE}
ODD = [
    *(
        "' OR 1=1 --",
        "%s%s%n",
        "{0}",
        "${jndi:x}",
        "\x00",
        "\ud800",
        "٤٠٠٠١٢٣٤",
        "４０００１２３４",
        "NaN",
        "null",
        "-1",
    ),
    *(
        "9" * 5000,
        "x" * 100_000,
        "+",
        " ",
        "\u202e1234",
        "1e400",
        f"{NUMBER}\x00",
        f"{NUMBER}\ud800",
        f"{NUMBER}\n",
        "'; DROP TABLE x; --",
    ),
]
NAMES = [
    "Number",
    "number",
    "MobileNumber",
    "ContactMobileNumber",
    "BlockReasonCode",
    "UnBlockReasonCode",
    "X",
    "",
    "\x00",
]
POSTS = ["bindto", "binto", "block", "unblock"]
ASKED = ["issue", "active"]
TYPES = [
    *(
        "application/json",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=b",
        "multipart/form-data",
    ),
    *("text/plain; charset=nonsense", "", "application/json; charset=utf-16"),
]

texts = st.one_of(st.sampled_from([*ODD, NUMBER, PHONE, "0", "1", "9"]), st.text(max_size=30))
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
objects = st.dictionaries(st.sampled_from(NAMES), values, max_size=5)
bodies = st.one_of(
    objects.map(lambda one: json.dumps(one).encode()),
    objects.map(lambda one: json.dumps(one, ensure_ascii=False).encode("utf-8", "surrogatepass")),
    st.dictionaries(st.sampled_from(NAMES), texts, max_size=4).map(
        lambda one: urlencode(one, errors="surrogatepass").encode()
    ),
    st.binary(max_size=200),
    st.sampled_from(
        [
            b"[]",
            b'"x"',
            b"1" * 10_000,
            b"[" * 50_000,
            b'{"Number":' * 20_000,
            b'{"Number": "%s"}' % (b"4" * (1 << 20)),
            b"Number=%s" % (b"%00" * (1 << 18)),
            b'{"Number": "\\ud800"}',
            b'{"Number": "4000\\u0000"}',
            b'--b\r\nContent-Disposition: form-data; name="Number"\r\n\r\n\xff\xfe\r\n--b--\r\n',
            b"\x1f\x8b nonsense",
        ]
    ),
)


@pytest.fixture
def director() -> Till:
    card(of=contact())
    return Till("director")


def check(answer: Any, *sent: object) -> None:
    assert answer.status in (200, 400, 404, 405, 429), (answer.status, sent)
    said = json.loads(answer.body)
    assert said["Key"] in KEYS, sent
    assert isinstance(said["Status"], bool)
    assert answer.headers["cache-control"] == "no-store"


def test_no_body_makes_a_500(web_server, director):
    @_some
    @given(st.sampled_from(POSTS + ASKED), bodies, st.sampled_from(TYPES), st.sampled_from(["", "gzip"]))
    def send(path: str, body: bytes, content_type: str, encoding: str) -> None:
        headers = director.headers | {"Content-Type": content_type, "Content-Encoding": encoding}
        method = "POST" if path in POSTS else "GET"
        check(web_server.ask(method, f"/api/card/{path}", body, headers), path, body[:200], content_type)

    send()


def test_no_address_and_no_query_makes_a_500(web_server, director):
    encoded = st.one_of(
        texts.map(lambda text: quote(text[:2000], safe="", errors="surrogatepass")),
        st.binary(min_size=1, max_size=20).map(quote_from_bytes),
    )
    places = st.sampled_from(["balance/by/", "balance/by/phone/", "issue?Number=", "active?number=", "issue?", ""])

    @_some
    @given(places, encoded, st.sampled_from(["", "/", "&Number=1", "?"]))
    def send(place: str, rest: str, end: str) -> None:
        try:
            answer = web_server.ask("GET", f"/api/card/{place}{rest}{end}", headers=director.headers)
        except HTTPException:  # a client of Python's own refuses to send some
            return
        check(answer, place, rest, end)

    send()


def test_no_credentials_make_a_500(web_server, director):
    @_some
    @given(
        st.sampled_from([b"Basic ", b"Token ", b"basic", b"Bearer ", b""]),
        st.binary(max_size=60).map(lambda value: value.translate(None, b"\r\n\x00")) | st.just(b"eDp4"),
    )
    def send(scheme: bytes, rest: bytes) -> None:
        lines = [b"GET /api/card/issue HTTP/1.1", b"Host: localhost", b"Authorization: " + scheme + rest]
        with web_server.line() as line:
            line.send(b"\r\n".join(lines) + b"\r\nConnection: close\r\n\r\n")
            try:
                assert line.answer().status in (400, 401)
            except HTTPException:  # hung up on: what was sent is no HTTP
                return

    send()
