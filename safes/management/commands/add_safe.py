"""add_safe SERIAL… --site CODE"""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.core.management.base import CommandParser
from django.db.transaction import atomic

from safes.commands import Result, SentenceCommand
from safes.estate import BEGINNING, normal_serial, place_safe
from safes.models import Safe, Site


class Command(SentenceCommand):
    help = (
        "Registers safes and places them at a site. A safe that sent transactions before anybody registered it takes "
        "them along. A safe that stands somewhere is moved with --from."
    )

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument("serial_numbers", nargs="+", metavar="SERIAL")
        parser.add_argument("--site", required=True, metavar="CODE")
        parser.add_argument("--model", default="")
        parser.add_argument("--from", dest="starts_on", metavar="DATE", help="first local date at the site: 2026-11-21")

    @atomic
    def work(self, **options: Any) -> Result:
        site = Site.objects.filter(code__iexact=options["site"]).first()
        if site is None:
            raise ValueError(f"There is no site {options['site'][:40]}; add_site makes one.")
        starts_on = _date(options["starts_on"]) if options["starts_on"] else None
        serials = list(dict.fromkeys(normal_serial(serial) for serial in options["serial_numbers"]))
        if starts_on is None:
            _refuse_moves(serials)
        for serial in serials:
            place_safe(serial, site, starts_on, model=options["model"])
        since = starts_on or BEGINNING
        return {
            "safes": [{"serial_number": serial, "site": site.code, "from": since.isoformat()} for serial in serials]
        }

    def tell(self, result: Result) -> str:
        safes = result["safes"]
        since = safes[0]["from"]
        when = "from the beginning" if since == BEGINNING.isoformat() else f"from {since} on"
        serials = ", ".join(safe["serial_number"] for safe in safes)
        return f"{serials} {'stands' if len(safes) == 1 else 'stand'} at {safes[0]['site']} {when}."


def _refuse_moves(serials: list[str]) -> None:
    """A safe that stands somewhere does so from a date; where it goes next starts on a date that must be said."""
    for safe in Safe.objects.filter(serial_number__in=serials, placements__isnull=False).distinct():
        latest = safe.placements.select_related("site").order_by("-starts_on")[0]
        raise ValueError(
            f"Safe {safe.serial_number} stands at {latest.site.code} already; give --from DATE to move it."
        )


def _date(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"“{text[:20]}” is not a date: give --from as 2026-11-21.") from None
