"""The log of calls: errors always, all calls when switched on, masked, and never in the way of an answer."""

from __future__ import annotations

import datetime as dt
import json

import pytest
import time_machine
from django.db import connection
from django.db.utils import OperationalError

from loyalty.models import CardCall
from loyalty.tasks import forget_old_calls
from tests.loyalty.door.till import Till, key, said
from tests.loyalty.making import NUMBER, PHONE, card, contact

pytestmark = pytest.mark.django_db

SECRETS = (NUMBER, PHONE, PHONE[1:], "2015550123", "Anna", "Berg", "C100001", "letmein")


@pytest.fixture
def till(db: None) -> Till:
    return Till()


def written() -> str:
    """All that the log holds, as one text."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(json_agg(row_to_json(c))::text, '') FROM loyalty_cardcall c")
        (text,) = cursor.fetchone()
    return json.dumps(json.loads(text), ensure_ascii=False) if text else ""


def test_errors_are_logged_and_successes_are_not(till):
    card(of=contact())
    till.get(f"balance/by/{NUMBER}")
    assert not CardCall.objects.exists()
    till.get("/API/card/balance/By/4000999900001111/")
    (call,) = CardCall.objects.all()
    assert (call.account, call.role, call.verb, call.status) == ("till", "till", "GET", 200)
    assert (call.key, call.is_error, call.answer) == ("CannotFindCardNumber", True, None)
    assert call.path == "/API/card/balance/By/••••1111"
    assert call.parameters == {"NumberOrCode": "••••1111"}
    assert 0 < call.duration_ms < 60_000


def test_every_kind_of_error_is_logged_but_what_strangers_cause(till, client, settings):
    settings.LOYALTY_SAME_MISS_LIMIT = "1/hour"
    reader = Till("reader")
    for asker, method, path, body, logged in [
        (till, "POST", "bindto", b"[", "BadRequest"),
        (till, "POST", "bindto", b"{}", "RequiredParameterNotSpecified"),
        (reader, "GET", "issue", b"", "Forbidden"),
        (till, "GET", f"issue?Number={NUMBER}", b"", "CardNumberCannotFind"),
        (till, "GET", f"issue?Number={NUMBER}", b"", None),  # 429
        (till, "POST", "issue", b"", None),  # 405
        (till, "GET", "nothing", b"", None),  # 404
    ]:
        CardCall.objects.all().delete()
        asker.ask(method, path, body)
        assert list(CardCall.objects.values_list("key", flat=True)) == ([logged] if logged else [])
    CardCall.objects.all().delete()
    assert client.get("/api/card/issue", headers={"Authorization": "Basic eDp4"}).status_code == 401
    assert not CardCall.objects.exists()


def test_everything_is_logged_with_its_answer_when_switched_on_and_masked(till, settings):
    settings.LOYALTY_LOG_CALLS = True
    card(of=contact())
    till.get(f"balance/by/phone/{PHONE}")
    call = CardCall.objects.get()
    assert call.path == "/api/card/balance/by/phone/••••0123"
    assert call.answer is not None
    assert call.answer["Number"] == "••••1234"
    assert call.answer["Name"] == "A••• B•••"
    assert (call.answer["MobileNumber"], call.answer["Code"]) == ("••••0123", "••••")
    assert (call.answer["Key"], call.answer["StatusName"], call.is_error) == ("OK", "Active", False)
    director = Till("director")
    director.post("block", Number=int(NUMBER), MobileNumber="(201) 555-0123", BlockReasonCode="0", Name="letmein")
    call = CardCall.objects.get(verb="POST")
    assert call.parameters == {"Number": "••••1234", "MobileNumber": "••••0123", "BlockReasonCode": "0"}
    assert call.answer == {"Status": True, "Key": "OK", "Value": ""}


def test_nothing_that_was_sent_is_kept_in_full(till, settings):
    settings.LOYALTY_LOG_CALLS = True
    card(of=contact())
    for path in (NUMBER, f"phone/{PHONE}", "phone/(201) 555-0123", "C100001", "letmein-as-a-number", f"{NUMBER}0000"):
        till.get(f"balance/by/{path}")
    for number in (NUMBER, "letmein" * 1000, {"letmein": NUMBER}, [NUMBER], f" {NUMBER}", "4" * 100_000):
        till.post("block", Number=number, ContactMobileNumber=PHONE, BlockReasonCode="letmein", Letmein="letmein")
        till.get(f"issue?Number={NUMBER}&letmein=letmein")
    till.ask("POST", "bindto", b"Number=letmein&Number=%s" % NUMBER.encode(), "text/letmein", Cookie="letmein")
    text = written()
    assert CardCall.objects.count() == 19
    assert [secret for secret in SECRETS if secret in text] == []
    assert len(text) < 19 * 1500


@pytest.mark.parametrize("odd", [f"{NUMBER}\x00", f"{NUMBER}\ud800", f"{NUMBER}\n", "\U0001f4b3" * 20])
def test_what_cannot_be_stored_is_logged_all_the_same(till, odd):
    assert key(till.post("bindto", Number=odd, MobileNumber=odd)) == "InvalidCardNumber"
    assert CardCall.objects.get().parameters == {"Number": "••••", "MobileNumber": "••••"}


def test_a_database_that_is_away_is_503_and_no_500(till, caplog):
    def away(execute, sql, params, many, context):
        raise OperationalError(f"no connection for {NUMBER}"[:17])

    with connection.execute_wrapper(away):
        answer = till.get(f"balance/by/{NUMBER}")
    assert said(answer, 503)["Key"] == "ServiceUnavailable"
    assert int(answer["Retry-After"]) > 0
    assert NUMBER not in caplog.text


def test_a_bug_of_ours_is_a_500_in_the_form_of_the_service(till, monkeypatch, caplog):
    def bug(value: str) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("loyalty.views.lookup.by_value", bug)
    till.client.raise_request_exception = False
    assert said(till.get(f"balance/by/{NUMBER}"), 500)["Key"] == "InternalServerError"
    assert "Internal Server Error: /api/card/balance/by/" in caplog.text


def test_a_host_that_is_not_ours_is_a_400_in_the_form_of_the_service(till):
    answer = till.ask("GET", "issue", Host="elsewhere.example")
    assert key(answer, 400) == "BadRequest"


def test_calls_are_forgotten_by_the_policy(till, settings):
    settings.LOYALTY_CALLS_KEPT = dt.timedelta(days=30)
    noon = dt.datetime(2031, 3, 3, 12, tzinfo=dt.UTC)
    with time_machine.travel(noon, tick=False) as clock:
        till.get("issue")
        clock.shift(dt.timedelta(days=29))
        till.get("active")
        assert forget_old_calls() == 0
        clock.shift(dt.timedelta(days=1, seconds=1))
        assert forget_old_calls() == 1
    assert CardCall.objects.get().path == "/api/card/active"
