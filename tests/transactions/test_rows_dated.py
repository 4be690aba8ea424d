"""What a safe's standing makes of its records: the rows are dated as the pure definitions say."""

from __future__ import annotations

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from safes.estate import Standing, Standings
from safes.localtime import instant
from tests.transactions.wire.making import read, wall
from transactions.business_day import business_date, nominal_date
from transactions.recording.dating import Calendar, currency_of
from transactions.recording.rows import to_rows

FIRST, DAY = dt.date(2026, 3, 1), dt.timedelta(days=1)
# Clocks go forward on 8 March 2026 (in Havana at midnight) and back on 5 April 2026.
changes = [
    wall("2026-03-08T00:00:00"),
    wall("2026-03-08T02:00:00"),
    wall("2026-04-05T01:30:00"),
    wall("2026-04-05T02:00:00"),
]
times = st.datetimes(wall("2026-02-27T00:00:00"), wall("2026-04-07T00:00:00")) | st.builds(
    lambda change, minutes: change + dt.timedelta(minutes=minutes), st.sampled_from(changes), st.integers(-90, 90)
)
places = st.builds(
    Standing,
    site_id=st.integers(1, 9),
    time_zone=st.sampled_from([None, "America/Chicago", "America/Havana", "Asia/Kathmandu", "Australia/Lord_Howe"]),
    day_rollover=st.integers(0, 24 * 60 - 1).map(lambda minutes: dt.timedelta(minutes=minutes)),
    currency=st.sampled_from([None, "USD", "CAD"]),
)
standings = st.dictionaries(st.integers(0, 40), places, max_size=4).map(
    lambda starts: Standings((FIRST + DAY * start, place) for start, place in starts.items())
)
said = st.lists(st.tuples(times, st.sampled_from(["CashIn", "EndOfDay", "DoorOpened"])), min_size=1, max_size=30)


@given(said, standings, st.lists(times, max_size=8), st.sampled_from(["", "-05:00", "+05:45"]))
def test_every_row_has_the_dates_the_definitions_give_it(
    said: list[tuple[dt.datetime, str]], stood: Standings, closes: list[dt.datetime], offset: str
) -> None:
    last = {(1, nominal_date(close, stood.rollover)): close for close in sorted(closes)}
    records = [read(TransactionDateTime=time.isoformat() + offset, TransactionType=type_) for time, type_ in said]
    dates = Calendar({1: stood}, last).date(to_rows(records, {"SR10042": 1}, {}))
    for number, (time, type_) in enumerate(said):
        place = stood.on(time.date())
        nominal = nominal_date(time, stood.rollover)
        assert dates.nominal[number] == nominal
        assert dates.business[number] == business_date(
            nominal, time, is_close=type_ == "EndOfDay", last_close=last.get((1, nominal))
        )
        offsets = {"": (), "-05:00": (-300,), "+05:45": (345,)}[offset]
        spelt, note = dates.instants[number]
        moment = None if spelt is None else dt.datetime.fromisoformat(spelt)
        assert (moment, note) == instant(time, place.time_zone, offsets)
        assert dates.currencies[number] == place.currency


currencies = st.sampled_from(["USD", "CAD", "usd", "", None])


@given(st.lists(st.lists(currencies, max_size=3), min_size=1, max_size=8), st.sampled_from([None, "USD", "CAD"]))
def test_every_row_has_the_currency_it_has_alone(sent: list[list[str | None]], at_site: str | None) -> None:
    records = [
        read(Denominations=[{"UnitValue": 20, "Count": 1, "Currency": currency} for currency in listed])
        for listed in sent
    ]
    calendar = Calendar({1: Standings([(FIRST, Standing(site_id=1, currency=at_site))])}, {})
    dates = calendar.date(to_rows(records, {"SR10042": 1}, {}))
    alone = [[one.currency for one in record.denominations] for record in records]
    assert dates.currencies == [currency_of(listed, at_site) for listed in alone]
