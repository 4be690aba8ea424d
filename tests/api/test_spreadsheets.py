"""Lists as CSV: whole, exact, and no cell begins a formula."""

from __future__ import annotations

import csv
import io
import json
import re
from typing import Any

import pytest
from django.db import OperationalError

from safes.api import reading
from safes.api.spreadsheet import cell
from tests.api.reader import problem, row, safe
from tests.factories import FindingFactory
from transactions.api import records
from transactions.models import Transaction

pytestmark = pytest.mark.django_db


def table(answer: Any) -> list[dict[str, str]]:
    assert answer.status_code == 200, answer.content
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    text = b"".join(answer.streaming_content).decode()
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_a_spreadsheet_has_the_fields_of_the_list(reader, loomis):
    safe()
    loomis.push(row(1, Amount=-5, UserName='Anna "the\nfirst", Beck'), row(2))
    answer = reader.ask("transactions", accept="text/csv", order="asc")
    assert answer["Content-Disposition"] == 'attachment; filename="transactions.csv"'
    lines, shown = table(answer), reader.rows("transactions", order="asc")
    assert list(lines[0]) == list(shown[0])
    for line, one in zip(lines, shown, strict=True):
        assert json.loads(line.pop("denominations")) == one.pop("denominations")
        assert line.pop("counted") == "true"
        assert line == {name: "" if value is None else str(value) for name, value in one.items() if name != "counted"}
    assert lines[0]["amount"] == "-5.00"


def test_it_is_the_whole_list_without_pages(reader, loomis, monkeypatch):
    monkeypatch.setattr(reading, "_CHUNK", 7)  # so that a few rows are several bits
    loomis.push(*(row(second) for second in range(150)))
    for order in ("asc", "desc"):
        lines = table(reader.ask("transactions", accept="text/csv", order=order))
        assert [int(line["id"]) for line in lines] == [
            one["id"] for one in reader.rows("transactions", order=order, page_size=1000)
        ]


def test_filters_hold_for_it(reader, loomis):
    loomis.push(row(1), row(2, UserName="BORIS"))
    assert [line["user_name"] for line in table(reader.ask("transactions", accept="text/csv", user_name="BORIS"))] == [
        "BORIS"
    ]
    problem(reader.ask("transactions", accept="text/csv", colour="red"), 400)


def test_a_list_that_is_too_long_for_one_answer_is_refused_not_cut(reader, loomis, monkeypatch):
    monkeypatch.setattr(reading, "LONGEST", 10)
    loomis.push(*(row(second) for second in range(11)))
    said = problem(reader.ask("transactions", accept="text/csv"), 400)
    assert "More than 10 rows match" in said["detail"]
    assert "page_size" in said["detail"]


def test_a_list_that_fails_halfway_is_an_error_not_half_a_list(reader, loomis, monkeypatch):
    monkeypatch.setattr(reading, "_CHUNK", 4)
    loomis.push(*(row(second) for second in range(10)))
    rows_of_chunk = records.TransactionList.page_context

    def fail_at_the_second(self: Any, rows: Any) -> Any:
        if len(rows) and rows[0].pk < Transaction.objects.order_by("-pk")[0].pk:
            raise OperationalError("the connection is closed")
        return rows_of_chunk(self, rows)

    monkeypatch.setattr(records.TransactionList, "page_context", fail_at_the_second)
    problem(reader.ask("transactions", accept="text/csv"), 503)


def test_what_is_sent_has_its_length(reader, loomis):
    loomis.push(row(1, UserName="Zoë"))
    answer = reader.ask("transactions", accept="text/csv")
    assert int(answer["Content-Length"]) == len(b"".join(answer.streaming_content))


def test_page_by_page_it_is_as_long_as_one_likes(reader, loomis):
    loomis.push(*(row(second) for second in range(10)))
    answer = reader.ask("transactions", accept="text/csv", page_size=4)
    seen = [line["id"] for line in table(answer)]
    while following := re.search(r'<([^>]+)>; rel="next"', answer.get("Link", "")):
        answer = reader.ask(following[1], accept="text/csv")
        assert 'rel="prev"' in answer["Link"]
        seen += [line["id"] for line in table(answer)]
    assert seen == [str(one["id"]) for one in reader.rows("transactions")]


def test_an_empty_list_is_a_line_of_names(reader):
    answer = reader.ask("sites", accept="text/csv")
    assert b"".join(answer.streaming_content) == b"id,code,name,time_zone,day_rollover,currency,tolerance\r\n"


@pytest.mark.parametrize("path", ["sites", "safes", "transactions", "audit-events", "deliveries", "findings"])
def test_every_list_can_be_had(reader, loomis, path):
    safe()
    loomis.push(row(1), row(2, TransactionType="Login", Amount=None, Denominations=None))
    FindingFactory.create(detail={"why": "=1+1"})
    lines = table(reader.ask(path, accept="text/csv"))
    assert [line["id"] for line in lines] == [str(one["id"]) for one in reader.rows(path)]
    assert lines


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "＝", "＋", "－", "＠"])
def test_no_cell_begins_a_formula(reader, loomis, start):
    safe()
    loomis.push(row(1, UserName=f"{start}HYPERLINK(1)", Register=f"{start}1+1"))
    line = table(reader.ask("transactions", accept="text/csv"))[0]
    assert (line["user_name"], line["register"]) == (f"'{start}HYPERLINK(1)", f"'{start}1+1")


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, ""),
        (True, "true"),
        (7, "7"),
        (-7, "-7"),
        ("-5.00", "-5.00"),
        ("-5.00=1", "'-5.00=1"),
        (" =1", "' =1"),
        ("\t=1", "'\t=1"),
        ("\r1", "'\r1"),
        ("a=1", "a=1"),
        ([], "[]"),
        ({"a": "=1"}, '{"a": "=1"}'),
    ],
)
def test_a_cell_is_a_value_and_never_a_formula(value, shown):
    assert cell(value) == shown
