"""What a balance tells, field by field, and of which card."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from typing import Any

import pytest
import time_machine

from loyalty import cards, replacing
from loyalty.bonuses import expiry, ledger
from loyalty.models import Card, Lot
from tests.loyalty.door.till import Till, key, said
from tests.loyalty.making import ADMINISTRATOR, NUMBER, PHONE, card, contact

pytestmark = pytest.mark.django_db

OTHER = "4000123412349999"
DAY = dt.date(2031, 3, 10)


@pytest.fixture
def till(db: None) -> Till:
    return Till()


@pytest.fixture
def on_the_day():
    with time_machine.travel(dt.datetime(2031, 3, 10, 12, tzinfo=dt.UTC), tick=False) as clock:
        yield clock


def earn(amount: str, type: str = "0", begins: int = 0, ends: int | None = None, number: str = NUMBER) -> None:
    """``begins`` and ``ends``: days from DAY."""
    first = DAY + dt.timedelta(days=begins)
    last = None if ends is None else DAY + dt.timedelta(days=ends)
    reference = f"R{Lot.objects.count()}"
    ledger.accrue(number, Decimal(amount), type, first, last, reference, ADMINISTRATOR)


def bonuses(till: Till, path: str = NUMBER) -> list[tuple[Any, ...]]:
    """Amount as it is written, status, type and date of each row."""
    answer = till.get(f"balance/by/{path}")
    told = json.loads(answer.content, parse_float=str, parse_int=str)
    assert told["Bonuses"] == told["BonusesInfo"]
    names = ["active", "inactive", "burnt", "frozen", "with the nearest expiry date"]
    for row in told["Bonuses"]:
        assert set(row) == {"Amount", "StatusCode", "StatusName", "ExpireDate", "TypeCode", "TypeName"}
        assert row["StatusName"] == names[int(row["StatusCode"])]
        assert row["TypeName"] == ["cash", "status"][int(row["TypeCode"])]
    return [(row["Amount"], row["StatusCode"], row["TypeCode"], row["ExpireDate"]) for row in told["Bonuses"]]


def test_an_active_card_tells_all_its_fields(till):
    card(of=contact())
    assert said(till.get(f"balance/by/{NUMBER}")) == {
        "Status": True,
        "Key": "OK",
        "Value": "",
        "Number": NUMBER,
        "MobileNumber": PHONE,
        "Code": "C100001",
        "StatusCode": "2",
        "StatusName": "Active",
        "Name": "Anna Berg",
        "CategoryCode": "0",
        "CategoryName": "Plastic",
        "TypeCode": "0",
        "TypeName": "Bonus",
        "Bonuses": [],
        "BonusesInfo": [],
    }


def test_the_three_ways_to_ask_tell_the_same(till, on_the_day):
    card(of=contact(name="Zoë Łuck 雪"))
    earn("12.50")
    answers = [said(till.get(f"balance/by/{one}")) for one in (NUMBER, "C100001", f"phone/{PHONE}")]
    assert answers[0] == answers[1] == answers[2]
    assert answers[0]["Name"] == "Zoë Łuck 雪"


def test_a_card_of_nobody_has_empty_texts_and_its_own_names(till):
    cards.make(NUMBER, "1", "2", ADMINISTRATOR)
    told = said(till.get(f"balance/by/{NUMBER}"))
    assert (told["MobileNumber"], told["Code"], told["Name"]) == ("", "", "")
    assert (told["StatusCode"], told["StatusName"]) == ("0", "New")
    assert (told["CategoryName"], told["TypeName"]) == ("Virtual", "Bonus/Discount")


def test_amounts_are_numbers_with_their_decimals(till, on_the_day):
    card(of=contact())
    earn("12.50")
    earn("0.10")
    earn("99999999.99", "1")
    assert b'"Amount":12.60,' in till.get(f"balance/by/{NUMBER}").content
    assert bonuses(till) == [("12.60", "0", "0", None), ("99999999.99", "0", "1", None)]


def test_each_status_is_told_by_its_lots(till, on_the_day):
    card(of=contact())
    earn("1.00", ends=10)
    earn("2.00", ends=5)
    earn("4.00", begins=3, ends=20)
    earn("8.00", "1", ends=5)
    earn("16.00", ends=1)
    on_the_day.shift(dt.timedelta(days=1))
    over = ("16.00", "2", "0", None)
    next_ones = [("2.00", "4", "0", "2031-03-15"), ("8.00", "4", "1", "2031-03-15")]
    wanted = [("3.00", "0", "0", None), ("8.00", "0", "1", None), ("4.00", "1", "0", None), over, *next_ones]
    assert bonuses(till) == wanted
    # Burnt by its date, whether or not the task was there before.
    expiry.burn_expired()
    assert bonuses(till) == wanted
    cards.block(NUMBER, "", "0", ADMINISTRATOR)
    assert bonuses(till) == [over, ("7.00", "3", "0", None), ("8.00", "3", "1", None), *next_ones]


def test_years_of_burnt_lots_are_told_as_one_sum(till, on_the_day):
    card(of=contact())
    for _ in range(20):
        earn("1.00", ends=1)
    on_the_day.shift(dt.timedelta(days=400))
    expiry.burn_expired()
    assert bonuses(till) == [("20.00", "2", "0", None)]


def test_of_several_cards_the_one_in_use_is_told(till, on_the_day):
    anna = contact()
    card(of=anna)
    earn("5.00")
    card(OTHER, issued=False)
    cards.block(NUMBER, "", "4", ADMINISTRATOR)
    assert said(till.get(f"balance/by/phone/{PHONE}"))["Number"] == NUMBER  # for want of another
    assert key(till.get(f"issue?Number={OTHER}")) == "OK"
    assert key(till.post("bindto", Number=OTHER, MobileNumber=PHONE)) == "OK"
    for path in ("C100001", f"phone/{PHONE}", OTHER):
        assert said(till.get(f"balance/by/{path}"))["Number"] == OTHER
        assert bonuses(till, path) == [("5.00", "0", "0", None)]
    assert (said(till.get(f"balance/by/{NUMBER}"))["StatusName"], bonuses(till)) == ("Blocked", [])
    # What the query prefers is what the service prefers.
    assert cards.by_preference(Card.objects.filter(contact=anna))[0].number == OTHER


def test_the_latest_of_those_that_were_replaced_is_told_last(till):
    anna = contact()
    card(of=anna)
    card(OTHER)
    replacing.replace(NUMBER, OTHER, ADMINISTRATOR)
    cards.block(OTHER, "", "4", ADMINISTRATOR)
    assert said(till.get("balance/by/C100001"))["Number"] == OTHER
    assert cards.by_preference(Card.objects.filter(contact=anna))[0].number == OTHER


def test_a_number_that_a_code_has_too_is_the_cards(till, settings):
    settings.LOYALTY_CONTACT_CODE_PATTERN = r"[0-9]{8,19}"
    card(of=contact(OTHER))
    card(OTHER)
    assert said(till.get(f"balance/by/{OTHER}"))["Number"] == OTHER
    Card.objects.filter(number=OTHER).update(number="4000123412345555")
    assert said(till.get(f"balance/by/{OTHER}"))["Number"] == NUMBER
    assert key(till.get("balance/by/4000123412340000")) == "CannotFindCardNumber"
