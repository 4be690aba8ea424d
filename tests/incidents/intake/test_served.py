"""Whatever comes to the real server, it is kept, answered as the contract says, and never with a 500."""

from __future__ import annotations

import json
from http.client import HTTPException

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from incidents.models import Incident, IncidentMessage
from tests.incidents.intake.speaking import PATH, body, with_key
from tests.incidents.making import incident
from tests.transactions.at_once import at_once

pytestmark = [pytest.mark.usefixtures("transactional_db"), pytest.mark.xdist_group("web_server")]

GOOD = body("261122000912", "Close")
_some = settings(max_examples=120 if settings().max_examples <= 100 else 2000)

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
NAMES = ["MessageType", "IncidentReference", "IncidentId", "DateTime", "SLADateTime", "ResponseText", "Status", "X"]
odd = st.dictionaries(st.sampled_from(NAMES), values, max_size=5).map(
    lambda changes: json.dumps(json.loads(GOOD) | changes).encode()
)


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A good message with a stretch of it cut out, repeated or overwritten."""
    start = draw(st.integers(0, len(GOOD)))
    end = draw(st.integers(start, min(start + 40, len(GOOD))))
    filling = draw(st.one_of(st.just(b""), st.just(GOOD[start:end] * 2), st.binary(max_size=10)))
    return GOOD[:start] + filling + GOOD[end:]


def test_any_body_with_the_right_key_is_kept_to_the_byte_and_answered(web_server):
    safe = incident()
    key = with_key(safe.account)
    name = safe.account.name

    @_some
    @given(st.one_of(damaged(), odd, st.binary(max_size=100)), st.booleans())
    @example(b"<Incident>" * 300, False)
    @example(b'{"MessageType": "ACK", "IncidentReference": "\\ud800\\u0000"}', False)
    @example(b'{"IncidentReference": ' + b"9" * 6000 + b', "MessageType": "ACK"}', False)
    def send(sent: bytes, ours: bool) -> None:
        if ours:
            sent = sent.replace(b"261122000912", safe.reference.encode())
        answer = web_server.ask("POST", f"{PATH}/{name}", sent, {"Authorization": key})
        assert answer.status in (200, 400), (answer.status, sent)
        said = answer.json()
        message = IncidentMessage.objects.get(pk=said["message"])
        assert bytes(message.body) == sent
        assert (message.status, message.applied_at is not None, message.tries) == (answer.status, True, 0)
        assert bool(message.error) is (answer.status == 400)
        if answer.status == 200:
            assert set(said) == {"message", "incident", "state", "warnings"}
        else:
            assert set(said) == {"error", "fields", "message"}

    send()
    assert key not in web_server.said()


headers = st.dictionaries(
    st.sampled_from(["Content-Type", "Content-Encoding", "Content-Length", "Transfer-Encoding", "Authorization"]),
    st.sampled_from(["", "gzip", "chunked", "0", "7", "-1", "Bearer", "text/xml; charset=utf-7", "\xff", "a,b"]),
    max_size=3,
)


def test_odd_headers_and_names_are_no_fault_of_ours(web_server):
    safe = incident()
    key = with_key(safe.account)

    @_some
    @given(headers, st.sampled_from([safe.account.name, "nobody", "%00", "%ff", "a%2fb", "%F0%9F%98%80", "x" * 300]))
    def send(odd_headers: dict[str, str], name: str) -> None:
        try:
            answer = web_server.ask("POST", f"{PATH}/{name}", GOOD, {"Authorization": key, **odd_headers})
        except (HTTPException, OSError):
            return  # the server hung up on what is no HTTP
        assert answer.status < 500 or answer.status == 501

    send()


def test_a_chunked_body_is_read(web_server):
    safe = incident()
    sent = body(safe, "ACK")
    with web_server.line() as line:
        head = [
            f"POST {PATH}/{safe.account} HTTP/1.1",
            "Host: localhost",
            f"Authorization: {with_key(safe.account)}",
            "Transfer-Encoding: chunked",
        ]
        line.send(("\r\n".join(head) + "\r\n\r\n").encode())
        for part in (sent[:20], sent[20:]):
            line.send(b"%x\r\n%s\r\n" % (len(part), part))
        line.send(b"0\r\n\r\n")
        assert line.answer().json()["state"] == "acknowledged"


def test_many_at_once_are_all_answered_and_counted_once(web_server):
    safes = [incident() for _ in range(4)]
    key = with_key(safes[0].account)
    said = [(safe, type_) for safe in safes for type_ in ("ACK", "Accept", "Close", "ACK")]

    def tell(safe: Incident, type_: str) -> int:
        path = f"{PATH}/{safe.account}"
        return int(web_server.ask("POST", path, body(safe, type_), {"Authorization": key}).status)

    works = [lambda safe=safe, type_=type_: tell(safe, type_) for safe, type_ in said]
    assert set(at_once(*works)) == {200}
    assert set(Incident.objects.values_list("state", flat=True)) == {"closed"}
    assert IncidentMessage.objects.filter(direction="in", is_repeat=True).count() == len(safes)
