"""What a safe's standing makes of its rows: instants, currencies, business dates. No queries here."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from safes.estate import Standings
from safes.localtime import instant, offset_all_day
from transactions.business_day import business_date, window
from transactions.catalogue import END_OF_DAY
from transactions.recording.marks import Day
from transactions.recording.rows import Rows
from transactions.wire.records import Record

Instant = tuple[str | None, str | None]
"""When it was, spelt, in UTC or with its offset; and the note of a clock change."""


@dataclass(frozen=True, slots=True)
class Dates:
    """What rows mean where their safes stand, column by column."""

    instants: Sequence[Instant]
    currencies: Sequence[str | None]
    nominal: Sequence[dt.date]
    business: Sequence[dt.date]


class Calendar:
    """Dates rows by where their safes stand and by the closes that are stored."""

    def __init__(self, standings: Mapping[int, Standings], closes: Mapping[Day, dt.datetime]) -> None:
        self.closes = closes
        self._days = _Days(standings)

    def date(self, rows: Rows) -> Dates:
        walls = [record.local_time for record in rows.records]
        days = [self._days[safe_id, wall.date()] for safe_id, wall in zip(rows.safe_ids, walls, strict=True)]
        nominal = [day.date if wall >= day.begins else day.before for day, wall in zip(days, walls, strict=True)]
        return Dates(
            [
                (spelt + day.offset, None) if record.sent_offset is None and day.offset else _instant(record, day)
                for record, day, spelt in zip(rows.records, days, rows.columns["local_time"], strict=True)
            ],
            _currencies(rows, days),
            nominal,
            self._business(rows, nominal) if self.closes else nominal,
        )

    def _business(self, rows: Rows, nominal: Sequence[dt.date]) -> list[dt.date]:
        return [
            business_date(
                date,
                record.local_time,
                is_close=record.type == END_OF_DAY,
                last_close=self.closes.get((safe_id, date)),
            )
            for safe_id, record, date in zip(rows.safe_ids, rows.records, nominal, strict=True)
        ]


class _Day:
    """What all records of one safe and calendar date share."""

    __slots__ = ("before", "begins", "currency", "date", "offset", "time_zone")

    def __init__(self, date: dt.date, stands: Standings) -> None:
        place = stands.on(date)
        self.date = date
        self.before = date - dt.timedelta(days=1)
        self.begins, _ = window(date, stands.rollover)
        self.currency = place.currency
        self.time_zone = place.time_zone
        self.offset = _spell_offset(offset_all_day(date, place.time_zone) if place.time_zone else None)


class _Days(dict[Day, _Day]):
    def __init__(self, standings: Mapping[int, Standings]) -> None:
        super().__init__()
        self.standings = standings

    def __missing__(self, key: Day) -> _Day:
        safe_id, date = key
        day = self[key] = _Day(date, self.standings[safe_id])
        return day


def _spell_offset(offset: dt.timedelta | None) -> str | None:
    """As ISO 8601 ends a time with it; None where the day has several."""
    return None if offset is None else dt.datetime.min.replace(tzinfo=dt.timezone(offset)).isoformat()[19:]


def _instant(record: Record, day: _Day) -> Instant:
    sent = () if record.sent_offset is None else (record.sent_offset,)
    moment, note = instant(record.local_time, day.time_zone, sent)
    return None if moment is None else moment.isoformat(), note


def _currencies(rows: Rows, days: Sequence[_Day]) -> list[str | None]:
    sent = {one.currency for record in rows.records for one in record.denominations}
    if len(sent) == 1 and None not in sent:  # nearly always, and then no row needs looking at
        (only,) = sent
        return [only if spelt else day.currency for spelt, day in zip(rows.columns["denominations"], days, strict=True)]
    return [
        currency_of([one.currency for one in record.denominations], day.currency)
        for record, day in zip(rows.records, days, strict=True)
    ]


def currency_of(sent: Collection[str | None], at_site: str | None) -> str | None:
    """The denominations' currency, else the site's; where several were sent, the site's if it is among them."""
    named = sorted({currency for currency in sent if currency})
    if len(named) == 1 or (named and at_site not in named):
        return named[0]
    return at_site
