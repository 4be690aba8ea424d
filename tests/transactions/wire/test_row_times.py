"""Dates and times of a row. DOMAIN.md section 1, "Dates"."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.transactions.wire.making import read, wall
from transactions.wire.values import RowError

UTC = dt.UTC


@pytest.mark.parametrize(
    ("text", "expected", "offset"),
    [
        ("2026-03-14T11:54:27", wall("2026-03-14T11:54:27"), None),
        (" 2026-03-14 11:54:27 ", wall("2026-03-14T11:54:27"), None),
        ("2026-03-14t11:54:27z", wall("2026-03-14T11:54:27"), 0),
        ("2026-03-14T11:54", wall("2026-03-14T11:54:00"), None),
        ("2026-03-14T11:54:27.5", wall("2026-03-14T11:54:27.500000"), None),
        ("2026-03-14T11:54:27,5", wall("2026-03-14T11:54:27.500000"), None),
        ("2026-03-14T11:54:27Z", wall("2026-03-14T11:54:27"), 0),
        ("2026-03-14T11:54:27-06:00", wall("2026-03-14T11:54:27"), -360),
        ("2026-03-14T11:54:27+0530", wall("2026-03-14T11:54:27"), 330),
        ("2026-03-14T11:54:27-00:00", wall("2026-03-14T11:54:27"), 0),
        ("2026-03-14T11:54:27.5717919+14:00", wall("2026-03-14T11:54:27.571791"), 840),
        ("2024-02-29T23:59:59.999999999999", wall("2024-02-29T23:59:59.999999"), None),
        ("1990-01-01T00:00:00", wall("1990-01-01T00:00:00"), None),
        ("2099-12-31T23:59:59", wall("2099-12-31T23:59:59"), None),
    ],
)  # fmt: skip
def test_a_wall_clock_time_is_read_as_sent_with_its_offset_apart(
    text: str, expected: dt.datetime, offset: int | None
) -> None:
    record = read(TransactionDateTime=text)
    assert (record.local_time, record.sent_offset) == (expected, offset)


@given(st.datetimes(wall("1990-01-01T00:00:00"), wall("2099-12-31T00:00:00")), st.text("0123456789", max_size=6))
def test_fractions_beyond_the_microsecond_are_cut_not_rounded(time: dt.datetime, further: str) -> None:
    assert read(TransactionDateTime=f"{time:%Y-%m-%dT%H:%M:%S.%f}{further}").local_time == time


@pytest.mark.parametrize(
    "text",
    [
        "2026-02-30T10:00:00", "2026-13-01T10:00:00", "2026-00-01T10:00:00", "2025-02-29T10:00:00",
        "2026-03-14T24:00:00", "2026-03-14T25:00:00", "2026-03-14T11:60:00", "2026-06-30T23:59:60",
        "2026-03-14T11:54.5", "2026-03-14T11:54:27.", "2026-03-14T11:54:27.1234567890123",
        "2026-03-14T11:54:27+14:01", "2026-03-14T11:54:27+99:99", "2026-03-14T11:54:27-05:60",
        "2026-03-14T11:54:27 -05:00",
        "2026-03-14", "11:54:27", "14/03/2026 11:54:27", "03/14/2026 11:54:27 AM", "20260314T115427",
        "2026-W11-6T11:54:27",
        "1773489267", "now", "2026-03-14T11:54:27\n2026", "٢٠٢٦-03-14T11:54:27", "2026-3-14T11:54:27",
    ],
)  # fmt: skip
def test_a_time_that_is_none_is_refused_and_quoted(text: str) -> None:
    with pytest.raises(RowError, match="not an ISO 8601 date and time") as refused:
        read(TransactionDateTime=text)
    assert text[:40] in str(refused.value)


@pytest.mark.parametrize("year", ["0000", "0001", "1989", "2100", "9999"])
def test_a_time_in_an_absurd_year_is_refused(year: str) -> None:
    with pytest.raises(RowError, match="TransactionDateTime"):
        read(TransactionDateTime=f"{year}-06-01T10:00:00")


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-03-14T14:11:20.3870000Z", dt.datetime(2026, 3, 14, 14, 11, 20, 387_000, tzinfo=UTC)),
        ("2026-03-14T08:26:37.437-06:00", dt.datetime(2026, 3, 14, 14, 26, 37, 437_000, tzinfo=UTC)),
        (" 2026-03-14T01:00:00+05:30 ", dt.datetime(2026, 3, 13, 19, 30, tzinfo=UTC)),
        ("2026-03-14T01:00:00", dt.datetime(2026, 3, 14, 1, tzinfo=UTC)),
        ("1990-01-01T00:00:00+14:00", dt.datetime(1989, 12, 31, 10, tzinfo=UTC)),
    ],
)
def test_retrieved_on_is_an_instant(text: str, instant: dt.datetime) -> None:
    assert read(RetrievedOn=text).retrieved_on == instant


def test_retrieved_before_it_happened_is_no_reason_to_refuse() -> None:
    record = read(TransactionDateTime="2026-03-14T11:54:27-06:00", RetrievedOn="2026-03-14T08:26:37-06:00")
    assert record.retrieved_on == dt.datetime(2026, 3, 14, 14, 26, 37, tzinfo=UTC)


@pytest.mark.parametrize(
    "odd", ["yesterday", "0001-01-01T00:00:00", "2026-02-30T10:00:00Z", "x" * 500, 5, True, ["2026"]]
)
def test_an_unreadable_retrieved_on_is_kept_as_sent_and_refuses_nothing(odd: object) -> None:
    record = read(RetrievedOn=odd)
    assert record.retrieved_on is None
    assert record.extra == {"RetrievedOn": odd}
