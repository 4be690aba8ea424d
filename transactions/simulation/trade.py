"""A business day at a safe: shifts, drops, tills, doors, the courier, the close. A pure function of seed and date."""

from __future__ import annotations

import datetime as dt
import random
from decimal import Decimal
from functools import lru_cache
from typing import Any

from transactions.simulation.estate import SimSafe, is_pickup_day, pickup_number
from transactions.simulation.happenings import ZERO, Cash, Happening, SafeClock, worth

Draft = tuple[int, str, dict[str, Any]]
"""Seconds after midnight, type, and what else is known."""

_HOUR = 3600
_NOTES = [(Decimal(unit), weight) for unit, weight in ((1, 30), (5, 18), (10, 14), (20, 20), (50, 3), (100, 2))]
_COINS = [Decimal(text) for text in ("0.01", "0.05", "0.10", "0.25")]
_TILL = ((Decimal(20), 4), (Decimal(10), 5), (Decimal(5), 6), (Decimal(1), 20))
# Nobody's document lists these.
UNKNOWN_TYPES = ("CashRecount", "SensorCalibration")


def notes(luck: random.Random, most: int) -> Cash:
    kinds = luck.sample([unit for unit, _ in _NOTES], luck.randint(1, 4))
    weights = dict(_NOTES)
    return tuple((unit, luck.randint(1, max(1, min(most, weights[unit])))) for unit in sorted(kinds))


@lru_cache(maxsize=1024)
def day_of(safe: SimSafe, date: dt.date) -> tuple[Happening, ...]:
    """Everything at the safe from the opening of that date to its close, which may come after midnight."""
    clock = SafeClock(safe, date)
    luck = safe.luck("clock", date)
    group = safe.first_group + pickup_number(safe, date)
    switch = _pickup_second(safe, date)
    drafts = _trade(safe, date)
    if switch is not None:
        drafts = [*drafts, *_courier(safe, date, switch)]
    happenings = []
    for second, type_, known in sorted(drafts, key=lambda draft: draft[0]):
        wall, moment = clock.read(second)
        micro = luck.randrange(1_000_000) if safe.fine_clock and type_ != "EndOfDay" else 0
        fraction = dt.timedelta(microseconds=micro)
        after = switch is not None and second > switch
        audit = "door" in known or type_ in ("Logon", "Logoff")
        happenings.append(
            Happening(
                serial=safe.serial,
                wall=wall + fraction,
                tick=luck.randrange(10) if micro else 0,
                moment=moment + fraction,
                type=type_,
                group=0 if audit else group + after,
                **known,
            )
        )
    return tuple(happenings)


@lru_cache(maxsize=1024)
def _trade(safe: SimSafe, date: dt.date) -> list[Draft]:
    """The day without the courier."""
    luck = safe.luck("trade", date)
    drafts: list[Draft] = []
    opens, closes = safe.site.opens * _HOUR, safe.site.closes * _HOUR
    shift = (closes - opens) // 2
    for number, begin in enumerate((opens, opens + shift)):
        for lane, register in enumerate(safe.registers):
            who = safe.cashiers[(number * 2 + lane + date.toordinal()) % len(safe.cashiers)]
            drafts += _shift(safe, luck, (begin, begin + shift), who, register)
    drafts += _whims(safe, date, luck, opens, closes)
    if safe.luck("unclosed", date).random() >= 0.015:
        drafts += _close(safe, luck)
    return drafts


def _shift(safe: SimSafe, luck: random.Random, hours: tuple[int, int], who: str, register: str) -> list[Draft]:
    begin, end = hours
    lane = {"user": who, "register": register}
    drafts: list[Draft] = [
        (begin + luck.randint(0, 600), "Logon", {"user": who}),
        (end - luck.randint(1, 120), "Logoff", {"user": who}),
    ]
    if safe.is_recycler:
        back = notes(luck, 30)
        drafts.append((begin + 700, "CashDispenseTillCheckout", {**lane, "cash": _TILL, "amount": worth(_TILL)}))
        drafts.append((end - 200, "CashAcceptedTillCheckin", {**lane, "cash": back, "amount": worth(back)}))
    for _ in range(max(2, int(luck.gauss(safe.trade, 0.3) * (end - begin) / _HOUR))):
        second = luck.randint(begin + 800, end - 300)
        cash = notes(luck, 12)
        dropped: dict[str, Any] = {**lane, "cash": cash, "amount": worth(cash)}
        if luck.random() < 0.1:
            dropped["deposit_reference"] = f"{luck.randrange(10**6):06}"
        if luck.random() < 0.005:
            dropped["copies"] = 2
        if luck.random() < 0.0007:
            dropped["amount"] += 5  # one note more than its denominations say
        drafts.append((second, "CashIn", dropped))
        if luck.random() < 0.06:
            amount = Decimal(luck.randint(500, 30_000)) / 100
            drafts.append((second + 60, "ManualCashTransaction", {**lane, "amount": amount}))
    return drafts


def _whims(safe: SimSafe, date: dt.date, luck: random.Random, opens: int, closes: int) -> list[Draft]:
    """What does not happen every day."""

    def some_time() -> int:
        return luck.randint(opens + 900, closes - 900)

    def user() -> str:
        return luck.choice(safe.cashiers)

    drafts: list[Draft] = []
    tube = {"tube_column": str(luck.randint(1, 8)), "tube_count": "1"}
    coins: Cash = ((luck.choice(_COINS), luck.choice((40, 50))),)
    change: Cash = ((Decimal(1), 15), (Decimal(5), 1))
    menu: list[tuple[float, str, dict[str, Any]]] = [
        (0.15, "ChangeRequest", {"amount": Decimal(100), "change_number": f"50{luck.randrange(10**8):08}"}),
        (0.3, "CoinDispense", {"cash": coins, "amount": worth(coins)}),
        (0.2, "NoteDispense", {"cash": change, "amount": worth(change)}),
        (0.4, "TubeRemoved", {"amount": Decimal(60), **tube}),
        (0.3, "TubeLoaded", {"amount": Decimal(60), **tube}),
        (0.05, "TubeDumped", {"amount": Decimal(60), **tube}),
        (0.05, "Placeholder", {}),
        (0.03, luck.choice(UNKNOWN_TYPES), {"amount": Decimal(luck.randint(0, 40))}),
    ]
    if safe.is_recycler:
        menu += [
            (0.5, "BuyChange", {"cash": change, "amount": worth(change)}),
            (0.3, "NoteDispenseBuyChange", {"cash": change, "amount": worth(change)}),
            (0.2, "CoinDispenseBuyChange", {"cash": coins, "amount": worth(coins)}),
            (0.2, "CashAcceptedAddCash", {"cash": change, "amount": worth(change)}),
            (0.4, "CashDispenseAdvanceCash", {"cash": change, "amount": worth(change), "register": safe.registers[0]}),
            (0.15, "CashAcceptedReplenishment", {"amount": Decimal(500)}),
            (0.1, "CashAcceptedCashFundTransferIn", {"amount": Decimal("37.45")}),
            (0.1, "CashDispenseCashFundTransferOut", {"amount": Decimal("12.80")}),
        ]
    for chance, type_, known in menu:
        if luck.random() < chance:
            drafts.append((some_time(), type_, {"user": user(), **known}))
    if safe.luck("change", date).random() < 0.2:
        # What was ordered some days ago.
        drafts.append((some_time(), "TubeLoaded", {"user": user(), "amount": Decimal(100), **tube}))
    if luck.random() < 0.3:
        second, who = some_time(), user()
        tubes = [at for at, type_, _ in drafts if type_ in ("TubeLoaded", "TubeRemoved", "TubeDumped")]
        # The vault is opened for the tubes; for nothing that is known, one time in twelve.
        if tubes or second % 12 == 0:
            drafts += _doors(luck, min(tubes, default=second + 90) - 90, who, "Storage vault")
    return drafts


def _doors(luck: random.Random, second: int, who: str, door: str) -> list[Draft]:
    drafts: list[Draft] = [
        (second, "LockOpened", {"user": who, "door": f"{door} unlock"}),
        (second + 5, "DoorOpened", {"user": who, "door": f"{door} open"}),
    ]
    end = second + luck.randint(40, 240)
    if luck.random() < 0.06:
        end = second + 700
        drafts.append((second + 605, "DoorWhine", {"door": f"{door} open"}))
        drafts.append((second + 660, "DoorWhineOverride", {"user": who, "door": f"{door} open"}))
    drafts.append((end, "DoorClosed", {"user": who, "door": f"{door} close"}))
    drafts.append((end + 4, "LockClosed", {"user": who, "door": f"{door} lock"}))
    return drafts


def _close(safe: SimSafe, luck: random.Random) -> list[Draft]:
    """Automatic at 00:01, or by people after midnight, who may drop what they found once it is done."""
    midnight = 24 * _HOUR
    if not safe.closes_late or luck.random() < 0.3:
        return [(midnight + 60, "EndOfDay", {"user": "AUTOEOD"})]
    second, who = midnight + luck.randint(1200, 5400), luck.choice(safe.cashiers)
    found = notes(luck, 5)
    late = {"user": who, "register": safe.registers[0], "cash": found, "amount": worth(found)}
    return [(second, "EndOfDay", {"user": who}), (second + 400, "CashIn", late)]


def _pickup_second(safe: SimSafe, date: dt.date) -> int | None:
    return safe.luck("pickup", date).randint(10 * _HOUR, 14 * _HOUR) if is_pickup_day(safe, date) else None


def _courier(safe: SimSafe, date: dt.date, second: int) -> list[Draft]:
    """A pickup of everything dropped since the one before."""
    luck = safe.luck("courier", date)
    content = _dropped(safe, date, until=second)
    day = date - dt.timedelta(days=1)
    while (since := _pickup_second(safe, day)) is None:
        content += _dropped(safe, day)
        day -= dt.timedelta(days=1)
    content += _dropped(safe, day, after=since)
    doors = _doors(luck, second - 30, "COURIER_1", "Courier")
    if luck.random() < 0.06:
        content -= min(content, Decimal(luck.choice((1, 5, 20, 100))))  # a note was stuck, a bag was miscounted
    return [*doors, (second, "Servicing", {"user": "COURIER_1", "amount": content})]


def _dropped(safe: SimSafe, date: dt.date, after: int = -1, until: int = 10**6) -> Decimal:
    drops = (
        known["amount"] * known.get("copies", 1)
        for second, type_, known in _trade(safe, date)
        if type_ in ("CashIn", "ManualCashTransaction") and after < second <= until
    )
    return sum(drops, ZERO)
