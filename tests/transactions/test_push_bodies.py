"""What bad input gets: its exact bytes kept, 200, quarantine with a finding, and never a lost neighbour.

DOMAIN.md section 1: a body that is authentic is stored first and answered 200, whatever else is wrong with it.
"""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from safes.models import Finding
from tests.transactions.pushing import body, counts, drop, endpoint, stored
from transactions.models import Delivery, QuarantinedRow, Transaction

pytestmark = [pytest.mark.usefixtures("transactional_db"), pytest.mark.xdist_group("web_server")]

WHOLE = json.dumps(drop(1))


def around(row: str) -> bytes:
    """A message with one row spelt as given, between two good ones."""
    return f'{{"Transactions": [{json.dumps(drop(11))}, {row}, {json.dumps(drop(12))}]}}'.encode(
        "utf-8", "surrogatepass"
    )


def changed(name: str, value: str) -> str:
    """A good row but for one property, spelt as given."""
    row = json.loads(WHOLE) | {name: "@@"}
    return json.dumps(row).replace('"@@"', value)


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"\x00",
        b"nonsense",
        b"<?xml version='1.0'?><Messages/>",
        b"[]",
        b"null",
        b"17",
        b'"text"',
        b"{}",
        b'{"Metadata": {}}',
        b'{"Transactions": null}',
        b'{"Transactions": 17}',
        b'{"Transactions": []}',
        b'{"Transactions": [{}',
        body()[:-1],
        b"\xff\xfe\x00",
        b"\xef\xbb\xbf",
        b"[" * 100_000,
        b'{"Transactions":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
        b'"' + b"\\u" * 1000,
        b"1" * 100_000,
        b'{"Transactions": [' + b"9" * 5000 + b"]}",
    ],
    ids=lambda sent: repr(sent[:24]),
)
def test_a_body_without_rows_is_kept_to_the_byte_and_shown(web_server, sent):
    key = endpoint()
    answer = web_server.push("loomis", sent, {"Authorization": key})
    assert answer.status == 200
    assert answer.json()["status"] == "quarantined"
    assert answer.json()["created"] == 0
    assert stored(answer.json()) == sent
    (finding,) = Finding.objects.all()
    assert (finding.kind, finding.state) == ("quarantined_row", "open")
    assert finding.detail["delivery"] == Delivery.objects.get().pk
    assert QuarantinedRow.objects.get().reason


@pytest.mark.parametrize(
    "row",
    [
        "null",
        "17",
        '"text"',
        "[]",
        "{}",
        changed("Amount", "NaN"),
        changed("Amount", "-Infinity"),
        changed("Amount", "1e999999999999999999"),
        changed("Amount", "1e400"),
        changed("Amount", "10000000000"),
        changed("Amount", "0.00001"),
        changed("Amount", "9" * 5000),
        changed("Amount", '"forty"'),
        changed("Amount", "true"),
        changed("Amount", "[40]"),
        changed("Amount", "null"),
        changed("TransactionDateTime", '"0001-01-01T00:00:00"'),
        changed("TransactionDateTime", '"9999-12-31T23:59:59"'),
        changed("TransactionDateTime", '"2026-02-30T00:00:00"'),
        changed("TransactionDateTime", '"yesterday"'),
        changed("TransactionDateTime", "1773500000"),
        changed("SerialNumber", json.dumps("S" * 10_000)),
        changed("SerialNumber", '""'),
        changed("SerialNumber", '"SR\\u0000"'),
        changed("SerialNumber", '"\\ud800"'),
        changed("UserName", '"a\\u0000b"'),
        changed("UserName", '"\\udfff"'),
        changed("UserName", json.dumps("x" * 10_000)),
        changed("UserName", '{"a": 1}'),
        changed("PickupGroupId", "9223372036854775808"),
        changed("PickupGroupId", "1.5"),
        changed("Register", json.dumps("x" * 10_000)),
        changed("Denominations", '"none"'),
        changed("Denominations", '[{"UnitValue": 20, "Count": 9999999999}]'),
        changed("Denominations", '[{"UnitValue": NaN, "Count": 1}]'),
        changed("Unheard", '"\\u0000"'),
        changed("Unheard", '"\\ud800"'),
        changed("Unheard", "[" * 1000 + "]" * 1000),
        changed("Unheard", "[" * 50_000 + "]" * 50_000),
        changed("Unheard", "Infinity"),
        changed("Unheard", json.dumps("x" * 200_000)),
        WHOLE[:-1] + ', "\\ud800": 1}',
    ],
    ids=lambda row: row[-60:],
)
def test_a_row_that_cannot_be_read_costs_no_neighbour(web_server, row):
    key = endpoint()
    sent = around(row)
    answer = web_server.push("loomis", sent, {"Authorization": key})
    assert answer.status == 200
    assert counts(answer.json()) == ("accepted", 3, 2, 0, 1)
    assert stored(answer.json()) == sent
    assert QuarantinedRow.objects.get().position == 2
    assert Finding.objects.get(kind="quarantined_row").state == "open"


def test_one_bad_row_of_a_thousand_is_one_bad_row(web_server):
    key = endpoint()
    rows = [drop(second) for second in range(1000)]
    rows[500] |= {"TransactionDateTime": "once"}
    answer = web_server.push("loomis", body(rows), {"Authorization": key})
    assert counts(answer.json()) == ("accepted", 1000, 999, 0, 1)
    bad = QuarantinedRow.objects.get()
    assert (bad.position, bad.amount, bad.serial_number) == (501, Decimal(40), "SR10042")
    finding = Finding.objects.get(kind="quarantined_row")
    assert (finding.cash_at_stake, finding.severity) == (Decimal(40), "critical")


def test_the_cash_of_a_quarantined_row_is_what_it_seems_to_speak_of(web_server):
    key = endpoint()
    sent = body([{"Amount": "-20.50"}, {"amount": 40}, {"Amount": "x"}])
    web_server.push("loomis", sent, {"Authorization": key})
    assert Finding.objects.get(kind="quarantined_row").cash_at_stake == Decimal("60.50")


@pytest.mark.parametrize(
    "shape", ['{"CustomerTransaction": %s, "CustomerTransaction": %s}', '{"Transactions": [%s, %s]}']
)
def test_an_object_that_repeats_its_key_loses_nothing(web_server, shape):
    key = endpoint()
    sent = (shape % (json.dumps(drop(1)), json.dumps(drop(2)))).encode()
    assert counts(web_server.push("loomis", sent, {"Authorization": key}).json()) == ("accepted", 2, 2, 0, 0)


def test_what_says_gzip_and_is_not_is_kept_as_it_came(web_server):
    key = endpoint()
    answer = web_server.push("loomis", b"\x1f\x8b\x08 not", {"Authorization": key, "Content-Encoding": "gzip"})
    assert answer.json()["status"] == "quarantined"
    assert stored(answer.json()) == b"\x1f\x8b\x08 not"


def test_the_same_nonsense_again_is_a_duplicate_and_one_finding(web_server):
    key = endpoint()
    for status in ("quarantined", "duplicate"):
        assert web_server.push("loomis", b"nonsense", {"Authorization": key}).json()["status"] == status
    assert Finding.objects.count() == 1


def test_unknown_properties_are_kept(web_server):
    key = endpoint()
    web_server.push("loomis", body([drop(1, Odd={"a": [1, "ü", None]})]), {"Authorization": key})
    assert Transaction.objects.get().extra == {"Odd": {"a": [1, "ü", None]}}
