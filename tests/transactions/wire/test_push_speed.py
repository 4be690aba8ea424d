"""No body, however hostile, takes longer than its length warrants. DOMAIN.md section 1: any nonsense is taken.

Eight times the length may take eight times as long; thirty times is measured against, since machines are shared. What
looked at everything twice would take sixty-four times.
"""

from __future__ import annotations

import contextlib
import gc
import json
import time

import pytest

from tests.transactions.wire.making import DROP, push_raw, row_raw
from transactions.wire.push_json import read_message
from transactions.wire.values import BodyError

SMALL, TIMES = 60_000, 8
ROW = json.dumps(DROP)
DEEP = '{"Transactions": [' + "[" * 2000
ACCENTS = "\u0301\u0316\u0345"


def seconds(body: bytes) -> float:
    # Without the collector: how long that takes depends on what other tests have left behind.
    gc.disable()
    try:
        started = time.process_time()
        with contextlib.suppress(BodyError):
            read_message(body)
        return time.process_time() - started
    finally:
        gc.enable()


def whole(*parts: str) -> str:
    return f'{{"Transactions": [{", ".join(parts)}]}}'


def whole_metadata(properties: str) -> str:
    return f'{{"Metadata": {{{properties}}}, "Transactions": []}}'


BODIES = {
    "opening brackets": lambda size: "[" * size,
    "opening objects": lambda size: '{"a":' * (size // 5),
    "closing brackets": lambda size: DEEP + "]" * size,
    "brackets in turn": lambda size: DEEP + "[]" * (size // 2),
    "quotes": lambda size: DEEP + '"' * size,
    "escaped quotes without an end": lambda size: DEEP + '"' + '\\"' * (size // 2),
    "backslashes without an end": lambda size: DEEP + '"' + "\\" * size,
    "texts without an end": lambda size: DEEP + '"a\\"b' * (size // 5),
    "escaped quotes": lambda size: whole(row_raw("Odd", '"' + '\\"' * (size // 2) + '"')),
    "spaces": lambda size: DEEP + " " * size,
    "spaces before a colon": lambda size: '{"a"' + " " * size + ":",
    "quotes and spaces": lambda size: '{"a' + '"  ' * (size // 3),
    "digits": lambda size: whole(row_raw("Amount", "9" * size)),
    "decimals": lambda size: whole(row_raw("Amount", "0." + "1" * size)),
    "long numbers": lambda size: whole(row_raw("Odd", f"[{','.join(['9' * 4000] * (size // 4000))}]")),
    "zeros": lambda size: whole(row_raw("PickupGroupId", "1." + "0" * size)),
    "commas": lambda size: whole(*["NaN"] * (size // 5)),
    "empty rows": lambda size: whole(*["{}"] * (size // 4)),
    "one name again and again": lambda size: whole(row_raw("Amount", "5" + ', "Amount": 5' * (size // 13))),
    "many names": lambda size: whole(row_raw("Odd", "1" + "".join(f', "{n}": 1' for n in range(size // 12)))),
    "many names of metadata": lambda size: whole_metadata(", ".join(f'"{n}": "x"' for n in range(size // 14))),
    "denominations": lambda size: whole(row_raw("Denominations", f"[{', '.join(['{}'] * (size // 4))}]")),
    "wrapped denominations": lambda size: whole(
        row_raw("Denominations", "{" + '"DenominationValue": [],' * (size // 24) + '"a": 1}')
    ),
    "events": lambda size: "{" + ", ".join([f'"CustomerTransaction": {ROW}'] * (size // 150)) + "}",
    "wrappers": lambda size: whole(*['{"CustomerTransaction": {"CustomerTransaction": {}}}'] * (size // 50)),
    "bombs": lambda size: whole(*[row_raw("Odd", "[" * 1500 + "]" * 1500)] * (size // 3000)),
    "a deep row": lambda size: whole(row_raw("Odd", '{"a":' * (size // 6) + "1" + "}" * (size // 6))),
    "accents": lambda size: whole(row_raw("UserName", '"' + ACCENTS * (size // 6) + '"')),
    "accents of a thousand": lambda size: whole(
        *[row_raw("UserName", f'"{n}{ACCENTS * 330}"') for n in range(size // 2000)]
    ),
    "accents in metadata": lambda size: whole_metadata(f'"a": "{ACCENTS * (size // 6)}"'),
    "line breaks": lambda size: "\n" * size,
    "nulls": lambda size: "\0" * size,
}  # fmt: skip


@pytest.mark.parametrize("name", BODIES)
def test_a_hostile_body_takes_no_longer_than_its_length_warrants(name: str) -> None:
    small, large = (BODIES[name](size).encode() for size in (SMALL, SMALL * TIMES))
    once = min(seconds(small) for _ in range(2))
    assert seconds(large) < 30 * max(once, 0.02)


def test_bytes_that_are_no_text_take_no_longer_than_their_length_warrants() -> None:
    small, large = (b'{"a": "' + b"\xff\xc3" * (size // 2) for size in (SMALL, SMALL * TIMES))
    assert seconds(large) < 30 * max(seconds(small), 0.02)


@pytest.mark.parametrize("bomb", ["[" * 100_000 + "]" * 100_000, '{"a":' * 100_000 + "1" + "}" * 100_000])
def test_a_nesting_bomb_in_one_row_takes_less_than_a_second(bomb: str) -> None:
    assert seconds(push_raw(row_raw("Odd", bomb))) < 1
