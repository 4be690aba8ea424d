"""How much of the database a call costs: so many queries, whatever a card has behind it."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from loyalty.bonuses import ledger
from loyalty.models import CardCall
from tests.loyalty.door.till import Till, key
from tests.loyalty.making import ADMINISTRATOR, NUMBER, PHONE, card, contact

pytestmark = pytest.mark.django_db


@pytest.fixture
def director(db: None) -> Till:
    """It has called before: the first call of a minute notes when the key was used."""
    till = Till("director")
    till.get("balance/by/x")
    return till


def queries(director: Till, method: str, path: str, wanted: str = "OK", **parameters: str) -> int:
    """How many a call takes; the words that begin and end a transaction are none."""
    with CaptureQueriesContext(connection) as caught:
        answer = director.post(path, **parameters) if method == "POST" else director.get(path)
    assert key(answer) == wanted
    return sum("SAVEPOINT" not in one["sql"] for one in caught)


def test_a_balance_takes_two_the_account_and_the_card(director):
    card(of=contact())
    for days in range(30):
        ends = dt.date(2999, 1, 1) + dt.timedelta(days=days)
        ledger.accrue(NUMBER, Decimal(1), "0", None, ends, f"R{days}", ADMINISTRATOR)
    for path in (NUMBER, "C100001", f"phone/{PHONE}"):
        assert queries(director, "GET", f"balance/by/{path}") == 2


def test_a_miss_takes_three_more_to_count_and_log_it(director):
    assert queries(director, "GET", f"balance/by/{NUMBER}", "CannotFindCardNumber") == 5


def test_a_logged_call_takes_one_more(director, settings):
    card()
    settings.LOYALTY_LOG_CALLS = True
    assert queries(director, "GET", f"balance/by/{NUMBER}") == 3
    assert CardCall.objects.filter(key="OK").count() == 1


def test_changes_take_a_handful(director):
    card(issued=False)
    contact()
    both = {"Number": NUMBER, "MobileNumber": PHONE}
    # The account; the card and its contact under lock; what is written; its history.
    assert queries(director, "GET", f"issue?Number={NUMBER}") == 4
    assert queries(director, "GET", f"issue?Number={NUMBER}") == 2
    assert queries(director, "POST", "bindto", **both) <= 9
    assert queries(director, "POST", "bindto", **both) <= 4
    assert queries(director, "GET", f"active?Number={NUMBER}") <= 4
    assert queries(director, "POST", "block", Number=NUMBER, BlockReasonCode="0") <= 6
    assert queries(director, "POST", "block", Number=NUMBER, BlockReasonCode="0") <= 4
    assert queries(director, "POST", "unblock", ContactMobileNumber=PHONE, UnBlockReasonCode="0") <= 7
    assert queries(director, "POST", "unblock", "StatusError", Number=NUMBER, UnBlockReasonCode="0") <= 5
