"""Large messages take ways of their own; what is stored is what small ones store. docs/decisions/0004."""

from __future__ import annotations

from typing import Any

import pytest

from safes.estate import add_site, place_safe
from tests.transactions.cleaning import clean_database
from tests.transactions.pushing import drop, endpoint, say
from transactions.models import AuditEvent, Repeat, TouchedDay, Transaction

pytestmark = pytest.mark.usefixtures("transactional_db")

# What depends on the order in which rows came, or on the message that showed them.
_OWN = {"id", "push_message_id", "seen_by_push"}


def a_day(of: range) -> list[dict[str, Any]]:
    """Rows of every sort: twins far apart, audit events, a close, offsets, texts that COPY must escape."""
    rows = []
    for number in of:
        row = drop(number % 60, SerialNumber=f"SR{number % 4}", UserName=f"A\\{number}\tB", Amount=number + 1)
        if number % 5 == 1:
            row["Denominations"] = [{"UnitValue": number + 1, "Count": 1, "Currency": ("USD", "CAD")[number % 2]}]
        if number % 7 == 2:
            row |= {"TransactionType": "DoorOpened", "Amount": 0, "DoorName": f"Door {number}"}
        if number % 11 == 3:
            row["TransactionDateTime"] += "-05:00"
        if number == 100:
            row |= {"TransactionType": "EndOfDay", "Amount": 0}
        rows.append(row)
    return rows + rows[:3]


def books() -> list[tuple[Any, ...]]:
    stored = []
    for table in (Transaction, AuditEvent):
        names = [field.attname for field in table._meta.fields if field.attname not in _OWN]
        found = [{**row, "key_digest": bytes(row["key_digest"])} for row in table.objects.values(*names)]
        stored += [(table.__name__, *[str(row[name]) for name in names]) for row in found]
    return sorted(stored)


def told_in(*parts: list[dict[str, Any]], one_message: bool = False) -> list[tuple[Any, ...]]:
    clean_database()
    site = add_site("S1", name="Store", time_zone="America/Chicago")
    for number in range(3):  # and one that nobody knows
        place_safe(f"SR{number}", site)
    key = endpoint()
    for part in parts:
        say(key, part, "m-1" if one_message else None)
    return books()


@pytest.mark.parametrize("unusual", [{}, {"Odd": 1}], ids=["plain", "row by row"])
def test_a_large_message_stores_what_small_ones_store(unusual: dict[str, Any]) -> None:
    rows = a_day(range(450))
    small = told_in(*[rows[start : start + 30] for start in range(0, len(rows), 30)], one_message=True)
    rows[0] |= unusual  # which leaves all of them to the patient reader
    large = told_in(rows)
    assert len(large) == len(rows)
    without_extra = [tuple(value for value in row if value != "{'Odd': 1}" and value != "None") for row in large]
    # Twins in different bodies of a message are no twins: the three at the end are in the large one alone.
    assert len(small) == len(rows) - 3
    assert {tuple(value for value in row if value != "None") for row in small} <= set(without_extra)


def test_a_message_known_in_part_notes_that_and_adds_the_rest() -> None:
    told_in(a_day(range(300)))
    second = say(endpoint("again"), a_day(range(200, 450)), name="again")
    assert (second.created, second.known) == (153, 100)
    assert Transaction.objects.count() + AuditEvent.objects.count() == 456
    assert list(Repeat.objects.values_list("message", flat=True)) == [second.message_id] * 100


@pytest.mark.parametrize(("safes", "left"), [(8, 0), (9, 9)])
def test_little_is_drawn_before_the_answer_and_much_is_left_to_the_worker(safes: int, left: int) -> None:
    key = endpoint()
    say(key, [drop(1, SerialNumber=f"SR{number}") for number in range(safes)])
    assert TouchedDay.objects.count() == left
