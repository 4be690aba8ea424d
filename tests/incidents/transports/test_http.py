"""What becomes of a message sent by HTTP, by what the far end does with it: a real server, that plays scripts."""

from __future__ import annotations

import socket
import threading

import pytest

from incidents.transports.http import Request, post
from incidents.transports.judging import KEPT, LARGEST, Result
from tests.incidents.transports.far_end import Asked, Play, far_end, is_silent, says, sends
from tests.safes.remote.servers import certificate

# Long enough for a slow machine to be reached in; what is waited out is waited out by the far end's own silence.
SECONDS = 10.0
BODY = b'{"MessageType": "Dispatch", "IncidentReference": "260101000001"}'


def sent(play: Play, dialect: str = "atm", seconds: float = SECONDS) -> Result:
    with far_end(play) as there:
        result = post(Request(there.url, BODY), dialect, seconds)
        assert len(there.asked) == 1
    return result


@pytest.mark.parametrize("dialect", ["atm", "safepoint"])
@pytest.mark.parametrize(
    ("play", "outcome", "says_so"),
    [
        (says(200), "delivered", ""),
        (says(204), "delivered", ""),
        (says(202, '{"queued": true}'), "delivered", ""),
        (says(200, '"taken"'), "delivered", ""),
        (says(200, "﻿{}"), "delivered", ""),
        (says(200, "taken"), "unknown", "not JSON"),
        (says(200, b"\xff\xfe\x00garbage"), "unknown", "not JSON"),
        (says(200, "<!DOCTYPE html><h1>Welcome</h1>", Content_Type="text/html"), "unknown", "web page"),
        (says(200, "[" * 100_000), "unknown", "not JSON"),
        (says(301, Location="http://other.example/x?key=abc"), "refused", "sends us elsewhere (301 to other.example)"),
        (says(302), "refused", "sends us elsewhere (302)"),
        (says(400), "refused", "as it is (400)"),
        (says(401), "refused", "credential (401)"),
        (says(403), "refused", "credential (403)"),
        (says(404), "refused", "no such address (404)"),
        (says(405), "refused", "no such address (405)"),
        (says(422, '{"error": "no"}'), "refused", "as it is (422)"),
        (says(408), "not_arrived", "no time for it now (408)"),
        (says(429), "not_arrived", "no time for it now (429)"),
        (sends(b""), "unknown", "connection broke"),
        (sends(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"), "unknown", "broke while Loomis answered"),
        (sends(b"HTTP/1.1 200 OK\r\nContent-Le"), "unknown", "connection broke"),
        (sends(b"220 mail.example ESMTP\r\n"), "unknown", "connection broke"),
    ],
)
def test_each_answer_is_what_it_is_in_both_dialects(dialect, play, outcome, says_so):
    result = sent(play, dialect)
    assert (result.outcome, says_so in result.error, bool(result.error)) == (outcome, True, bool(says_so))
    assert result.arrived == (outcome in ("delivered", "unknown"))


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_server_that_fails_is_tried_again_for_an_atm_and_in_doubt_for_a_safe(status):
    atm, safe = sent(says(status, "<h1>Oops</h1>"), "atm"), sent(says(status), "safepoint")
    assert (atm.outcome, atm.arrived, atm.status) == ("not_arrived", True, status)
    assert (safe.outcome, safe.arrived, safe.status) == ("unknown", True, status)


@pytest.mark.parametrize("status", [200, 400, 409, 500])
@pytest.mark.parametrize("kind", ["ACK", "NAK", "Accept", "Close", "Cancel"])
def test_a_message_for_an_answer_is_delivered_whatever_the_status(status, kind):
    result = sent(says(status, f'{{"messagetype": "{kind}"}}'), "safepoint")
    assert (result.outcome, result.arrived, result.error) == ("delivered", True, "")


def test_a_message_of_an_unknown_type_makes_nothing_better():
    assert sent(says(400, '{"MessageType": "Shrug"}')).outcome == "refused"


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("120", 120), ("0", 0), ("999999", 3600), ("-5", None), ("soon", None), ("Wed, 21 Oct 2015 07:28:00 GMT", 0)],
)
def test_what_a_server_asks_us_to_wait_is_heard_up_to_an_hour(value, seconds):
    asked = sent(says(429, Retry_After=value)).retry_after
    assert (asked.total_seconds() if asked is not None else None) == seconds


def test_an_answer_of_ten_megabytes_is_given_up(monkeypatch):
    result = sent(says(200, b" " * (10 << 20)))
    assert (result.outcome, "larger than 1,048,576 bytes" in result.error) == ("unknown", True)
    assert LARGEST < len(result.body) < 2 * LARGEST
    assert KEPT < LARGEST


def test_an_answer_that_unpacks_to_much_is_not_unpacked():
    result = sent(says(200, b"\x1f\x8b\x08\x00", Content_Encoding="gzip"))
    assert (result.outcome, result.body) == ("unknown", b"\x1f\x8b\x08\x00")


def test_an_answer_that_ends_with_the_line_and_has_no_length_is_whole():
    assert sent(sends(b"HTTP/1.1 200 OK\r\n\r\n{}")).outcome == "delivered"


def test_what_is_asked_is_what_the_documents_say(monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9/")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9/")
    with far_end(says(200)) as there:
        url = there.url + "?tenant=7"
        post(Request(url, BODY, ("X-Key", "täglich geheim")), "atm", SECONDS)
    (asked,) = there.asked
    assert asked.line == "POST /incidents?tenant=7 HTTP/1.1"
    assert asked.body == BODY
    wanted = {"content-type": "application/json", "user-agent": "Strongroom", "accept-encoding": "identity"}
    assert wanted.items() <= asked.headers.items()
    assert asked.headers["x-key"].encode("latin-1").decode() == "täglich geheim"


@pytest.mark.parametrize("value", ["two\nlines", "two\r\nX-Other: 1", "nul\x00"])
def test_a_credential_that_no_header_can_hold_is_told_without_it(value):
    with far_end(says(200)) as there:
        result = post(Request(there.url, BODY, ("Authorization", value)), "atm", SECONDS)
    assert (result.outcome, result.arrived, there.asked) == ("refused", False, [])
    assert "enter its value anew" in result.error
    assert value not in result.error


def test_where_nobody_listens_it_surely_did_not_arrive():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and does not listen
        result = post(Request(f"http://127.0.0.1:{taken.getsockname()[1]}/", BODY), "safepoint", SECONDS)
    assert (result.outcome, result.arrived, result.status) == ("not_arrived", False, None)
    assert "connection was refused" in result.error


def test_a_name_that_is_not_known_surely_did_not_arrive():
    result = post(Request("https://nobody.invalid/", BODY), "safepoint", SECONDS)
    assert (result.outcome, "name of the server is not known" in result.error) == ("not_arrived", True)


def test_a_server_that_does_not_greet_in_time_surely_got_nothing():
    """It takes the connection, and TLS is never agreed on: not a byte of the message went out."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        result = post(Request(f"https://127.0.0.1:{silent.getsockname()[1]}/", BODY), "safepoint", 0.3)
    assert (result.outcome, result.arrived) == ("not_arrived", False)
    assert "did not answer in time" in result.error


def test_a_certificate_that_nobody_we_trust_signed_is_refused_and_nothing_sent(tmp_path, settings):
    settings.REMOTE_CA_FILE = ""
    with far_end(says(200), certificate(tmp_path / "there.pem")) as there:
        result = post(Request(there.url, BODY, ("Authorization", "secret")), "safepoint", SECONDS)
    assert (result.outcome, there.asked) == ("not_arrived", [])
    assert "certificate is not trusted" in result.error
    assert "secret" not in result.error


def test_a_certificate_for_another_name_is_refused_also_when_we_trust_its_signer(tmp_path, settings):
    settings.REMOTE_CA_FILE = str(certificate(tmp_path / "there.pem"))
    with far_end(says(200), tmp_path / "there.pem") as there:
        result = post(Request(there.url.replace("127.0.0.1", "localhost"), BODY), "atm", SECONDS)
    assert (result.outcome, "certificate is not trusted" in result.error) == ("not_arrived", True)


def test_a_certificate_of_whom_we_trust_is_taken(tmp_path, settings):
    settings.REMOTE_CA_FILE = str(certificate(tmp_path / "there.pem"))
    with far_end(says(200), tmp_path / "there.pem") as there:
        assert post(Request(there.url, BODY), "atm", SECONDS).outcome == "delivered"


def test_a_server_that_speaks_no_tls_surely_got_nothing():
    with socket.create_server(("127.0.0.1", 0)) as door:

        def greet() -> None:
            line, _ = door.accept()
            with line:
                line.sendall(b"220 mail.example ESMTP\r\n")

        greeter = threading.Thread(target=greet)
        greeter.start()
        result = post(Request(f"https://127.0.0.1:{door.getsockname()[1]}/", BODY), "safepoint", SECONDS)
        greeter.join()
    assert (result.outcome, "TLS failed" in result.error) == ("not_arrived", True)


def test_authorities_that_are_not_there_are_told(settings):
    settings.REMOTE_CA_FILE = "/nowhere/ca.pem"
    result = post(Request("https://127.0.0.1:9/", BODY), "atm", SECONDS)
    assert (result.outcome, "no such file" in result.error.lower()) == ("not_arrived", True)


@pytest.mark.parametrize("dialect", ["atm", "safepoint"])
def test_a_server_that_takes_the_message_and_falls_silent_leaves_it_in_doubt(dialect):
    result = sent(is_silent, dialect, seconds=0.5)
    assert (result.outcome, "did not answer in time" in result.error) == ("unknown", True)


def test_a_server_that_answers_byte_by_byte_is_not_waited_for_for_ever():
    def drip(line: socket.socket, asked: Asked) -> None:
        line.sendall(b"HTTP/1.1 200 OK\r\nX-Padding: ")
        while not asked.stop.wait(0.05):
            line.sendall(b"x")

    assert sent(drip, seconds=0.5).outcome == "unknown"
