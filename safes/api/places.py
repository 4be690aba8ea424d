"""Where safes stood, for lists: a row's site is that of the placement in force on its date, as for its currency."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping

from django.db.models import Q

from safes.estate import Standing, Standings, standings_around, standings_of
from safes.localtime import zone


class Places:
    """Safes and where they stood, read in one query when first asked for."""

    def __init__(self, safe_ids: Iterable[int | None]) -> None:
        self._standings: Mapping[int, Standings] = standings_of(sorted({pk for pk in safe_ids if pk is not None}))

    def on(self, safe_id: int | None, date: dt.date) -> str | None:
        """The code of the site where a safe stood on a local date."""
        return None if safe_id is None else self._standings[safe_id].on(date).site_code

    def now(self, safe_id: int | None, moment: dt.datetime) -> str | None:
        """The code of the site where a safe stands at this instant, by the clock of that site."""
        return None if safe_id is None else standing_at(self._standings[safe_id], moment).site_code

    def of(self, safe_id: int) -> list[tuple[dt.date, Standing]]:
        return self._standings[safe_id].places


def standing_at(standings: Standings, moment: dt.datetime) -> Standing:
    """Where a safe stands at an instant: a placement begins with the local date of the place moved to."""
    for starts_on, place in reversed(standings.places):
        there = zone(place.time_zone or "UTC")
        if moment.astimezone(there).date() >= starts_on:
            return place
    return standings.on(dt.date.min)


class AtSite:
    """Which rows are at a site, by its code without regard to case; one query."""

    def __init__(self, code: str) -> None:
        self._code = code.upper()
        self._standings = standings_around(code)

    def _is(self, place: Standing) -> bool:
        return place.site_code is not None and place.site_code.upper() == self._code

    def now(self, moment: dt.datetime) -> list[int]:
        """Ids of the safes that stand there at this instant."""
        return [safe_id for safe_id, standings in self._standings.items() if self._is(standing_at(standings, moment))]

    def on(self, column: str) -> Q:
        """Rows whose safe stood there on their date: ``column`` names it, a local date or a wall clock."""
        always: list[int] = []
        spells = Q(pk__in=[])
        for safe_id, standings in self._standings.items():
            places = standings.places
            if all(self._is(place) for _, place in places):
                always.append(safe_id)
                continue
            for number, (starts_on, place) in enumerate(places):
                if not self._is(place):
                    continue
                spell = Q(safe_id=safe_id)
                if number:  # the first placement also holds for all dates before it
                    spell &= Q(**{f"{column}__gte": starts_on})
                if number + 1 < len(places):
                    spell &= Q(**{f"{column}__lt": places[number + 1][0]})
                spells |= spell
        return Q(safe_id__in=always) | spells
