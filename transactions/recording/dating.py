"""What a safe's standing makes of its rows: instants, currencies, business dates. No queries here."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from safes.estate import Standings
from safes.localtime import instant, offset_all_day
from transactions.business_day import business_date, window
from transactions.catalogue import END_OF_DAY
from transactions.recording.marks import Day
from transactions.recording.rows import Rows


@dataclass(slots=True)
class Dates:
    """What rows mean where their safes stand, column by column; instants are spelt, in UTC or with their offset."""

    instants: list[str | None] = field(default_factory=list)
    time_notes: list[str | None] = field(default_factory=list)
    currencies: list[str | None] = field(default_factory=list)
    nominal: list[dt.date] = field(default_factory=list)
    business: list[dt.date] = field(default_factory=list)


def date_rows(rows: Rows, standings: Mapping[int, Standings], closes: Mapping[Day, dt.datetime]) -> Dates:
    """Date rows by where their safes stood and by the closes that are stored."""
    days: dict[Day, _Day] = {}
    dates = Dates()
    for safe_id, spelt, record in zip(rows.safe_ids, rows.columns["local_time"], rows.records, strict=True):
        wall = record.local_time
        date = wall.date()
        day = days.get((safe_id, date))
        if day is None:
            day = days[safe_id, date] = _Day(safe_id, date, standings[safe_id], closes)
        nominal, last_close = (date, day.close) if wall >= day.begins else (day.before, day.close_before)
        dates.nominal.append(nominal)
        dates.business.append(
            nominal
            if last_close is None
            else business_date(nominal, wall, is_close=record.type == END_OF_DAY, last_close=last_close)
        )
        if record.sent_offset is None and day.offset is not None:
            dates.instants.append(spelt + day.offset)
            dates.time_notes.append(None)
        else:
            moment, note = instant(wall, day.time_zone, () if record.sent_offset is None else (record.sent_offset,))
            dates.instants.append(None if moment is None else moment.isoformat())
            dates.time_notes.append(note)
        dates.currencies.append(
            currency_of([one.currency for one in record.denominations], day.currency)
            if record.denominations
            else day.currency
        )
    return dates


class _Day:
    """What all records of one safe and calendar date share."""

    __slots__ = ("before", "begins", "close", "close_before", "currency", "offset", "time_zone")

    def __init__(self, safe_id: int, date: dt.date, stands: Standings, closes: Mapping[Day, dt.datetime]) -> None:
        place = stands.on(date)
        self.time_zone = place.time_zone
        self.offset = _spell_offset(offset_all_day(date, place.time_zone) if place.time_zone else None)
        self.currency = place.currency
        self.before = date - dt.timedelta(days=1)
        self.begins, _ = window(date, stands.rollover)
        self.close = closes.get((safe_id, date))
        self.close_before = closes.get((safe_id, self.before))


def _spell_offset(offset: dt.timedelta | None) -> str | None:
    """As ISO 8601 ends a time with it."""
    return None if offset is None else dt.datetime.min.replace(tzinfo=dt.timezone(offset)).isoformat()[19:]


def currency_of(sent: Collection[str | None], at_site: str | None) -> str | None:
    """The denominations' currency, else the site's; where several were sent, the site's if it is among them."""
    named = sorted({currency for currency in sent if currency})
    if len(named) == 1 or (named and at_site not in named):
        return named[0]
    return at_site
