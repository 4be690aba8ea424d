"""add_site CODE --name … --timezone …"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.management.base import CommandParser

from safes.commands import Result, SentenceCommand
from safes.estate import add_site


class Command(SentenceCommand):
    help = "Makes a site: a place of business whose time zone and currency give meaning to what its safes say."

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument("code", metavar="CODE", help="the retailer's own number or short name for it")
        parser.add_argument("--name", required=True)
        parser.add_argument("--timezone", required=True, help="IANA name: America/Chicago")
        parser.add_argument("--rollover", default="06:00", metavar="HH:MM", help="when the business day begins")
        parser.add_argument("--currency", default="USD", help="three capital letters")
        parser.add_argument("--tolerance", default="5.00", help="a difference up to this needs no comment")

    def work(self, **options: Any) -> Result:
        site = add_site(
            options["code"],
            name=options["name"],
            time_zone=options["timezone"],
            day_rollover=_rollover(options["rollover"]),
            currency=options["currency"],
            tolerance=_tolerance(options["tolerance"]),
        )
        return {
            "site": site.code,
            "name": site.name,
            "timezone": site.time_zone,
            "rollover": options["rollover"],
            "currency": site.currency,
            "tolerance": str(site.tolerance),
        }

    def tell(self, result: Result) -> str:
        return (
            f"Site {result['site']} “{result['name']}” was made: {result['timezone']}, business days from "
            f"{result['rollover']}, {result['currency']}, tolerance {result['tolerance']}."
        )


def _rollover(text: str) -> dt.timedelta:
    try:
        time = dt.datetime.strptime(text, "%H:%M").replace(tzinfo=dt.UTC).time()
    except ValueError:
        raise ValueError(f"“{text[:20]}” is not a time of day: give --rollover as HH:MM, such as 06:00.") from None
    return dt.timedelta(hours=time.hour, minutes=time.minute)


def _tolerance(text: str) -> Decimal:
    try:
        amount = Decimal(text)
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or amount < 0:
        raise ValueError(f"“{text[:20]}” is not an amount: give --tolerance as 5.00, or 0 for none.")
    return amount
