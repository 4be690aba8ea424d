"""The door for updates: who is let in, and what is answered. CONTRACT.md, "HTTP" and "Incidents"."""

from __future__ import annotations

import datetime as dt
import gzip
import json

import pytest
from django.db import OperationalError
from django.test import Client

from incidents import arranging, intake
from incidents.models import IncidentMessage
from incidents.views import MAX_BODY_BYTES
from safes.models import MachineKey
from tests.incidents.intake.speaking import PATH, body, send, with_key
from tests.incidents.making import atm_account, incident, safepoint_account

pytestmark = pytest.mark.django_db


@pytest.fixture
def account():
    return safepoint_account()


@pytest.fixture
def key(account):
    return with_key(account)


def kept() -> list[bytes]:
    return [bytes(one.body) for one in IncidentMessage.objects.filter(direction="in").order_by("pk")]


def test_an_update_is_kept_to_the_byte_and_applied(account, key):
    safe = incident()
    sent = b"\n" + body(safe, "ACK") + b"  "
    answer = send(account, key, sent)
    assert answer.status_code == 200
    message = IncidentMessage.objects.get(direction="in")
    assert answer.json() == {
        "message": message.pk,
        "incident": safe.reference,
        "state": "acknowledged",
        "warnings": [f"Incident {safe} had not been sent yet, as far as is known here."],
    }
    assert bytes(message.body) == sent
    assert (message.type, message.via, message.status, message.incident) == ("ack", "update", 200, safe)
    assert message.duration_ms is not None
    account.refresh_from_db()
    assert account.heard_at == message.at


@pytest.mark.parametrize("shown", ["{}", "Bearer {}", "bearer  {} ", " {}"])
def test_the_key_is_shown_raw_or_as_a_bearer(account, key, shown):
    assert send(account, shown.format(key), body("1", "ACK")).status_code == 200
    assert MachineKey.objects.filter(holder=account.pk, first_used_at__isnull=False).count() == 1


def test_the_key_is_shown_in_the_header_of_its_account(key):
    other = safepoint_account("safes-2", key_name="X-Loomis-Key")
    mine = with_key(other)
    path = f"{PATH}/{other}"
    headers = {"X-Loomis-Key": mine}
    assert Client().post(path, b"{}", content_type="x/y", headers=headers).status_code == 400
    assert send(other, mine, b"{}").status_code == 401


@pytest.mark.parametrize("shown", ["", "Bearer", "Bearer ", "wrong", "Basic {}", "{}x", "\xff\xfe"])
def test_a_wrong_key_and_an_unknown_account_are_answered_alike(account, key, shown):
    answers = [send(name, shown.format(key), body("1", "ACK")) for name in (account, "nobody", "a%00b", "ü")]
    assert {(one.status_code, one.content, one.headers["WWW-Authenticate"]) for one in answers} == {
        (401, answers[0].content, 'Bearer realm="updates"')
    }
    assert kept() == []


def test_the_key_of_another_account_opens_nothing(account, key):
    other = safepoint_account("safes-2")
    with_key(other)
    assert send(other, key, body("1", "ACK")).status_code == 401


def test_after_a_change_both_keys_work_until_the_new_one_was_used_and_the_overlap_is_over(account, key):
    new, _ = arranging.rotate(account.name)
    assert [send(account, one, body("1", "ACK")).status_code for one in (key, new, key)] == [200, 200, 200]
    at_once, _ = arranging.rotate(account.name, overlap=dt.timedelta(0))
    assert [send(account, one, body("1", "ACK")).status_code for one in (key, new, at_once)] == [401, 401, 200]


def test_an_inactive_account_is_still_spoken_to(account, key):
    safe = incident()
    account.active = False
    arranging.save(account)
    assert send(account, key, body(safe, "Close")).json()["state"] == "closed"


@pytest.mark.parametrize("verb", ["get", "put", "delete", "patch", "head", "options"])
def test_other_verbs_are_told_which_one_to_use(account, verb):
    answer = getattr(Client(), verb)(f"{PATH}/{account}")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")


def test_a_slash_at_the_end_is_the_same_door(account, key):
    assert send(f"{account}/", key, body("1", "ACK")).status_code == 200


def test_a_packed_body_is_unpacked_and_kept_so(account, key):
    sent = body(incident(), "ACK")
    answer = send(account, key, gzip.compress(sent), **{"Content-Encoding": "gzip"})
    assert (answer.json()["state"], kept()) == ("acknowledged", [sent])


@pytest.mark.parametrize("packed", [False, True])
def test_a_body_over_the_limit_is_refused_and_not_kept(account, key, packed):
    sent = b" " * (MAX_BODY_BYTES + 1)
    headers = {"Content-Encoding": "gzip"} if packed else {}
    answer = send(account, key, gzip.compress(sent) if packed else sent, **headers)
    assert (answer.status_code, kept()) == (413, [])


def test_a_key_in_the_body_is_not_kept(account, key):
    safe = incident()
    answer = send(account, key, body(safe, "ACK", ResponseText=f"your key is {key}", Key=key))
    assert answer.status_code == 200
    message = IncidentMessage.objects.get(direction="in")
    assert key.encode() not in bytes(message.body)
    assert key not in json.dumps(message.reading)
    safe.refresh_from_db()
    assert safe.response_text == f"your key is {'*' * len(key)}"


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"MessageType": None}, ["MessageType"]),
        ({"IncidentReference": "  "}, ["IncidentReference"]),
        ({"MessageType": "", "IncidentReference": None}, ["MessageType", "IncidentReference"]),
    ],
)
def test_without_type_or_reference_it_is_kept_and_the_fields_are_named(account, key, changes, fields):
    sent = body(incident(), "ACK", **changes)
    answer = send(account, key, sent)
    assert (answer.status_code, answer.json()["fields"]) == (400, fields)
    assert all(field in answer.json()["error"] for field in fields)
    message = IncidentMessage.objects.get(pk=answer.json()["message"])
    assert (bytes(message.body), message.status, message.error) == (sent, 400, answer.json()["error"])


def test_an_object_with_nothing_in_it_lacks_both_fields(account, key):
    answer = send(account, key, b"{}")
    assert (answer.status_code, answer.json()["fields"]) == (400, ["MessageType", "IncidentReference"])


@pytest.mark.parametrize("sent", [b"", b"ACK", b"[1]", b"<html><body>502</body></html>", b"\xff" * 40])
def test_what_cannot_be_read_is_kept_and_said(account, key, sent):
    answer = send(account, key, sent)
    assert (answer.status_code, answer.json()["fields"], kept()) == (400, [], [sent])
    assert answer.json()["error"].endswith(".")


def test_an_unknown_type_is_kept_and_refused_and_changes_nothing(account, key):
    safe = incident()
    answer = send(account, key, body(safe, "Survey"))
    assert answer.status_code == 400
    assert "“survey”" in answer.json()["error"]
    safe.refresh_from_db()
    assert (safe.state, len(kept())) == ("queued", 1)


def test_what_a_message_lacks_is_said_and_it_is_applied_as_far_as_it_goes(account, key):
    safe = incident()
    send(account, key, body(safe, "ACK"))
    answer = send(account, key, body(safe, "Close", ResponseText=None, IncidentId=None, DateTime="at noon"))
    assert (answer.status_code, answer.json()["state"]) == (200, "closed")
    said = " ".join(answer.json()["warnings"])
    assert "ResponseText is missing." in said
    assert "IncidentId is missing." in said
    assert "“at noon”" in said
    safe.refresh_from_db()
    assert (safe.closed_at, safe.response_text, safe.loomis_number) == (None, "", "INC500100")


def test_an_unknown_reference_is_kept_and_belongs_to_nothing(account, key):
    answer = send(account, key, body("999", "Close"))
    assert answer.status_code == 200
    assert answer.json() == {
        "message": IncidentMessage.objects.get().pk,
        "incident": None,
        "state": None,
        "warnings": [],
    }


def test_an_update_at_another_accounts_door_matches_nothing(account, key):
    other = safepoint_account("safes-2")
    safe = incident()
    assert safe.account == account
    answer = send(other, with_key(other), body(safe, "Close"))
    assert (answer.status_code, answer.json()["incident"]) == (200, None)
    safe.refresh_from_db()
    assert safe.state == "queued"


def test_an_xml_body_is_read_at_the_same_door():
    account = atm_account()
    sent = b"<Incident><MessageType>ACK</MessageType><IncidentReference>5</IncidentReference></Incident>"
    assert send(account, with_key(account), sent).status_code == 200
    assert IncidentMessage.objects.get().reading["reference"] == "5"


def test_when_nothing_can_be_stored_loomis_is_asked_to_come_again(account, key, monkeypatch):
    def away(**_: object) -> None:
        raise OperationalError("no space left on device")

    monkeypatch.setattr(IncidentMessage.objects, "create", away)
    answer = send(account, key, body("1", "ACK"))
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
    monkeypatch.undo()
    assert send(account, key, body("1", "ACK")).status_code == 200


def test_an_update_costs_a_bounded_number_of_queries(account, key, django_assert_max_num_queries):
    safe = incident()
    send(account, key, body(safe, "ACK"))
    for number in range(20):
        send(account, key, body(safe, "Accept", ResponseText=f"crew {number}"))
    # With two findings open, eight of them for savepoints that stand for the two transactions of life.
    with django_assert_max_num_queries(27):
        assert send(account, key, body(safe, "Accept", ResponseText="crew 20")).status_code == 200
    assert intake.apply_pending() == 0
