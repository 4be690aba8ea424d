"""The simulated retailer: sites in several time zones and their safes, as functions of a seed.

Serial numbers carry the seed, so that runs with different seeds do not disturb each other. Pure: no ORM, no clock.
"""

from __future__ import annotations

import datetime as dt
import random
from dataclasses import dataclass

_PLACES = [
    ("Elm Street", "America/Chicago"),
    ("Harbor Point", "America/New_York"),
    ("Sunset Plaza", "America/Los_Angeles"),
    ("Mile High Market", "America/Denver"),
    ("Desert Ridge", "America/Phoenix"),
    ("North Star", "America/Anchorage"),
    ("Lagoon Drive", "Pacific/Honolulu"),
    ("Lakeside", "America/Detroit"),
]
_NAMES = [
    *("ANNA BECK", "JOSE CHAVEZ", "M. OKAFOR", "Zoë Quinn", "LI WEI", "PRIYA NAIR", "T. HALVORSEN", "USER_1"),
    *("USER_7", "D. ROMERO", "K. IBRAHIM", "S. LINDGREN", "1UAUOVPITN4", "B. MURPHY", "F. DUBOIS", "A. COSTA"),
]


@dataclass(frozen=True, slots=True)
class SimSite:
    """A place of business. Hours are local, from midnight; one that closes at 24 never does."""

    code: str
    name: str
    zone: str
    opens: int
    closes: int


@dataclass(frozen=True, slots=True)
class SimSafe:
    """A machine, and the habits of its model: how it spells times, and whether it closes its day by itself."""

    seed: int
    serial: str
    site: SimSite
    is_recycler: bool
    registers: tuple[str, ...]
    cashiers: tuple[str, ...]
    pickup_every: int  # days
    pickup_phase: int
    first_group: int
    trade: float  # drops an hour and register
    fine_clock: bool  # fractions of seconds
    sends_offset: bool
    slow_clock: bool  # keeps yesterday's offset until morning when clocks change
    closes_late: bool  # people close the day, after midnight
    early_retrieval: bool  # says it was retrieved before it happened, as Loomis's published request does

    def luck(self, *about: object) -> random.Random:
        """Dice that fall the same for the same subject."""
        return random.Random("/".join(map(str, (self.seed, self.serial, *about))))  # noqa: S311 - not a secret


def make_estate(seed: int, sites: int, safes: int) -> list[SimSafe]:
    """That many safes over that many sites. Raises ValueError, with a sentence, for an estate without either."""
    if not 0 < sites <= safes:
        raise ValueError("Give at least one site, and at least as many safes as sites.")
    places = [_site(seed, number) for number in range(sites)]
    return [_safe(seed, number, places[number % sites]) for number in range(safes)]


def _site(seed: int, number: int) -> SimSite:
    name, zone = _PLACES[number % len(_PLACES)]
    again = number // len(_PLACES)
    never_closes = number % 4 == 1
    opens, closes = (0, 24) if never_closes else (6 + number % 3, 21 + number % 3)
    return SimSite(f"SIM{seed}-{number + 1:02}", f"{name} {again + 1}" if again else name, zone, opens, closes)


def _safe(seed: int, number: int, site: SimSite) -> SimSafe:
    luck = random.Random(f"{seed}/safe/{number}")  # noqa: S311 - not a secret
    every = luck.randint(2, 4)
    return SimSafe(
        seed=seed,
        serial=f"SIM{seed}-{number + 1:03}",
        site=site,
        is_recycler=number % 3 == 2,
        registers=tuple(str(register) for register in range(luck.randint(1, 3)))
        if number % 2
        else tuple(f"REGISTER_{register + 1}" for register in range(luck.randint(1, 3))),
        cashiers=tuple(luck.sample(_NAMES, 4)),
        pickup_every=every,
        pickup_phase=luck.randrange(every),
        first_group=luck.randint(10_000, 90_000_000),
        trade=luck.uniform(0.9, 2.2) * (4 if site.closes == 24 else 1),
        fine_clock=number % 3 == 0,
        sends_offset=number % 6 == 4,
        slow_clock=number % 2 == 1,
        closes_late=number % 5 == 3,
        early_retrieval=number % 7 == 1,
    )


def pickup_number(safe: SimSafe, date: dt.date) -> int:
    """How many pickups the safe has had before that date: its drops until the next one are of this group."""
    return (date.toordinal() + safe.pickup_phase - 1) // safe.pickup_every


def is_pickup_day(safe: SimSafe, date: dt.date) -> bool:
    return (date.toordinal() + safe.pickup_phase) % safe.pickup_every == 0
