"""The worked week told to Strongroom, in whichever order and by whichever channel."""

from __future__ import annotations

import datetime as dt
import random
from collections import defaultdict
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from safes.estate import add_site, place_safe
from safes.models import Register, Safe, Site
from tests.transactions.feeds.filing import feed, file_in, xml
from tests.transactions.pushing import draw_all, endpoint, say
from tests.transactions.week.page import date, sent, table, wall
from transactions.models import OtherCash, Taking
from transactions.reconciliation.counts.keeping import Said, enter_count
from transactions.reconciliation.days.closing import mark_due
from transactions.reconciliation.sites.marks import touch_sites
from transactions.reconciliation.takings.book import Teller
from transactions.reconciliation.takings.keeping import keep

_STANDS = {"A1": "DOWNTOWN", "B1": "AIRPORT", "B2": "AIRPORT", "C1": "BORDER"}
_REGISTERS = {"DOWNTOWN": "12", "AIRPORT": "56", "BORDER": "1"}

Act = Callable[[], object]


def set_up() -> None:
    """The estate, as it stood at the end of the week."""
    for row in table("A worked week"):
        hours, minutes = map(int, row["rollover"].split(":"))
        site = add_site(
            row["site"],
            name=row["site"].title(),
            time_zone=row["time zone"],
            day_rollover=dt.timedelta(hours=hours, minutes=minutes),
            currency=row["currency"],
        )
        for code in _REGISTERS[site.code]:
            Register.objects.create(site=site, code=code)
    for serial, code in _STANDS.items():
        place_safe(serial, Site.objects.get(code=code))
    place_safe("C1", Site.objects.get(code="DOWNTOWN"), date("06"))


def rows() -> list[dict[str, Any]]:
    """All that the safes told, as Loomis sends it."""
    return [sent(row) for row in table("What happened")]


def pushed(key: str, order: random.Random | None = None) -> list[Act]:
    """The safes' rows, a push of each safe and date; out of order within each when they are to be."""
    lots: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for row in rows():
        lots[row["SerialNumber"], row["TransactionDateTime"][:10]].append(row)
    if order is not None:
        for lot in lots.values():
            order.shuffle(lot)
    return [lambda lot=lot: say(key, lot) for lot in lots.values()]  # type: ignore[misc]


def said_by_people() -> list[Act]:
    """Takings, other cash and counts, each by itself."""
    return [
        *(_act(_take, row) for row in table("What the tills say")),
        *(_act(_spend, row) for row in table("Cash that is in no safe")),
        *(_act(_count, row) for row in table("What was counted")),
    ]


def _act(do: Callable[[dict[str, str]], object], row: dict[str, str]) -> Act:
    return lambda: do(row)


def _take(row: dict[str, str]) -> None:
    told = {name: row[name] for name in ("site", "register", "cashier", "amount")}
    keep([told | {"business_date": date(row["date"]).isoformat()}], Teller(Taking.Source.TYPED))


def _spend(row: dict[str, str]) -> None:
    site = Site.objects.get(code=row["site"])
    OtherCash.objects.create(
        site=site,
        business_date=date(row["date"]),
        kind=row["kind"].replace(" ", "_"),
        register=Register.objects.get(site=site, code=row["register"]),
        currency=site.currency,
        amount=row["amount"],
        note="As the site said.",
    )
    touch_sites({(site.pk, date(row["date"]))})


def _count(row: dict[str, str]) -> None:
    safe = Safe.objects.get(serial_number=row["safe"])
    time = wall(row["when"]) if row["use"] == "check" else None
    said = Said(row["what"], row["use"], date(row["when"]), row["currency"], Decimal(row["amount"]), local_time=time)
    enter_count(safe, said, None)
    draw_all()


def tell(acts: list[Act], *, drawn_between: bool) -> None:
    for act in acts:
        act()
        if drawn_between:
            draw_all()
    draw_all()
    mark_due()
    draw_all()


def tell_by_files(order: random.Random) -> None:
    """A file of each date, of all safes; people between."""
    daily = feed()
    days: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows():
        days[row["TransactionDateTime"][:10]].append(row)
    acts: list[Act] = [lambda day=day, lot=lot: file_in(daily, f"{day}.xml", xml(lot)) for day, lot in days.items()]  # type: ignore[misc]
    acts += said_by_people()
    order.shuffle(acts)
    tell(acts, drawn_between=True)


def tell_by_pushes(order: random.Random | None, *, drawn_between: bool) -> None:
    """As it happened, or out of order."""
    acts = pushed(endpoint(), order) + said_by_people()
    if order is not None:
        order.shuffle(acts)
    tell(acts, drawn_between=drawn_between)
