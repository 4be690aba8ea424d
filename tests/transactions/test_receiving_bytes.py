"""The bytes at the door: keys in bodies, masks, gzip. DOMAIN.md section 1; CONTRACT.md, "Push answers"."""

from __future__ import annotations

import gzip
import io
import json
import tracemalloc
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safes.keys import digest_of
from safes.machine_door import TooLarge, mask, unpack
from safes.models import MachineKey
from tests.transactions.wire.making import push
from transactions.models import PushEndpoint
from transactions.receiving import match_in_body
from transactions.wire.push_json import read_message

KEY = "k7-Jz_8nXrQcGu6vwWYtg6MBo0CgYEQG"
ENDPOINT = PushEndpoint(name="north", key_name="Api-Key", placement=PushEndpoint.Placement.BODY)
KEYS = [MachineKey(digest=digest_of("another")), MachineKey(digest=digest_of(KEY))]


def found(body: str | bytes) -> bool:
    match = match_in_body(ENDPOINT, KEYS, body.encode() if isinstance(body, str) else body)
    assert match in (None, (KEYS[1], KEY))
    return match is not None


@pytest.mark.parametrize("name", ["Api-Key", "api-key", "API-KEY", "aPI-kEY"])
@pytest.mark.parametrize("colon", [":", ": ", " : ", "\r\n\t:\n  "])
@pytest.mark.parametrize(
    "body",
    [
        "{%s}", '{%s, "Transactions": []}', '{"Metadata": {%s}, "Transactions": []}', '{"Transactions": [], %s}',
        '{"Transactions": [{%s',
        "%s", "no JSON at all %s \ufffd", '{"Transactions": [NaN,,, %s ]', "\ufeff{%s}", "<x>%s</x>",
    ],
)  # fmt: skip
def test_the_key_is_found_in_any_body_by_its_name_in_any_case(body: str, colon: str, name: str) -> None:
    assert found(body % f'"{name}"{colon}"{KEY}"')


def test_the_key_is_found_beside_bytes_that_are_no_text() -> None:
    assert found(b'\xff\xfe\x00{"Api-Key": "' + KEY.encode() + b'"\x80')


@pytest.mark.parametrize(
    "decoy",
    [
        '"Api-Key": "wrong"', '"Api-Key": ""', '"Api-Key": null', '"Api-Key": 5', '"Api-Key": "a\\"b"',
        '"Api-Key": {"Api-Key": "x"}',
        '"Api-Key": "Api-Key"', '"Note": "Api-Key"', '"Note": "\\"Api-Key\\": \\"x\\""', f'"Api-Key": "{"x" * 2000}"',
        '"Api-Key" "x"',
        f'"Api-Key":{" " * 500}"x"', '"Api-Key": "unended, ',
    ],
)  # fmt: skip
def test_the_key_is_found_behind_decoys(decoy: str) -> None:
    assert found(f'{{{decoy}, "Api-Key": "{KEY}"}}')
    assert found(f'{{{f"{decoy}, " * 10}"Api-Key": "{KEY}"}}')


@pytest.mark.parametrize(
    "body",
    [
        "", "{}", KEY, f'"{KEY}"', f'{{"Other": "{KEY}"}}', f'{{"XApi-Key": "{KEY}"}}', f'{{"Api-Key": "{KEY}x"}}',
        f'{{"Api-Key": "x{KEY}"}}', f'{{"Api-Key": "{KEY.lower()}"}}', f'{{"Api-Key": {KEY}}}',
        f'{{"Api-Key": ["{KEY}"]}}',
        f'{{"Api_Key": "{KEY}"}}', f"{{'Api-Key': '{KEY}'}}", f'{{"Api-Key": "{KEY}',
    ],
)  # fmt: skip
def test_no_other_place_opens(body: str) -> None:
    assert not found(body)


def test_a_name_is_taken_literally() -> None:
    dotted = PushEndpoint(key_name="a.b", placement=PushEndpoint.Placement.BODY)
    assert match_in_body(dotted, KEYS, f'{{"a.b": "{KEY}"}}'.encode())
    assert match_in_body(dotted, KEYS, f'{{"axb": "{KEY}"}}'.encode()) is None


@given(st.binary(max_size=300))
def test_any_bytes_can_be_searched(body: bytes) -> None:
    assert not found(body)
    assert found(body + f' "Api-Key":"{KEY}"'.encode())


def test_the_mask_keeps_the_length_and_hides_every_occurrence() -> None:
    body = push({"Api-Key": KEY, "Note": f"x{KEY}{KEY}y"}, Metadata={"Api-Key": KEY})
    masked = mask(body, KEY)
    assert len(masked) == len(body)
    assert KEY.encode() not in masked
    assert masked.count(b"*" * len(KEY)) == 4
    assert masked.replace(b"*" * len(KEY), KEY.encode()) == body


def test_a_masked_body_reads_as_before() -> None:
    body = push({"Odd": KEY}, Metadata={"Api-Key": KEY, "MessageId": "m"})
    assert read_message(mask(body, KEY)).message_id == "m"
    assert json.loads(mask(body, KEY))["Metadata"]["Api-Key"] == "*" * len(KEY)


@given(st.binary(max_size=200), st.text("ab", min_size=1, max_size=3))
def test_a_mask_changes_nothing_but_the_key(body: bytes, key: str) -> None:
    masked = mask(body, key)
    assert len(masked) == len(body)
    assert key.encode() not in masked
    assert all(new in (old, ord("*")) for old, new in zip(body, masked, strict=True))


def test_without_a_key_nothing_is_masked() -> None:
    assert mask(b"abc", "") == b"abc"


LIMIT = 100_000


@given(st.binary(max_size=2000))
def test_gzip_is_undone(body: bytes) -> None:
    assert unpack(gzip.compress(body, mtime=0), LIMIT) == body
    assert unpack(gzip.compress(body, mtime=0) + gzip.compress(b"more"), LIMIT) == body + b"more"


@given(st.binary(max_size=200))
def test_what_is_not_gzip_is_kept_as_it_came(body: bytes) -> None:
    assert unpack(b"\x1f\x8c" + body, LIMIT) == b"\x1f\x8c" + body
    assert unpack(b"{" + body, LIMIT) == b"{" + body


PACKED = gzip.compress(b'{"Transactions": []}' * 20, mtime=0)
CORRUPT = PACKED[:-8] + b"\0\0\0\0" + PACKED[-4:]


@pytest.mark.parametrize("body", [*(PACKED[:cut] for cut in range(1, len(PACKED))), CORRUPT, PACKED + b"garbage", b""])
def test_broken_gzip_is_kept_as_it_came(body: bytes) -> None:
    assert unpack(body, LIMIT) == body


def test_up_to_the_limit_a_body_is_unpacked_and_not_a_byte_more() -> None:
    assert len(unpack(gzip.compress(b"x" * LIMIT, mtime=0), LIMIT)) == LIMIT
    with pytest.raises(TooLarge):
        unpack(gzip.compress(b"x" * (LIMIT + 1)), LIMIT)


@pytest.mark.parametrize("end", ["whole", "cut", "corrupt"])
def test_a_gzip_bomb_costs_no_more_than_the_limit(end: str) -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = io.BytesIO()
    for _ in range(100):
        bomb.write(packer.compress(bytes(1_000_000)))
    bomb.write(packer.flush())
    body = {"whole": bomb.getvalue(), "cut": bomb.getvalue()[:-100], "corrupt": bomb.getvalue()[:-8] + b"\0" * 8}[end]
    tracemalloc.start()
    try:
        with pytest.raises(TooLarge):
            unpack(body, LIMIT)
        assert tracemalloc.get_traced_memory()[1] < 10 * LIMIT
    finally:
        tracemalloc.stop()
