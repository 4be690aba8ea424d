"""`manage.py fill_database`: a chain's years in minutes, to measure on."""

from __future__ import annotations

import datetime as dt
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection
from django.utils import timezone

from safes.models import Safe, Site
from transactions.filling.copying import copy
from transactions.filling.estate import area, rows_a_day
from transactions.filling.living import live
from transactions.models import Delivery, Transaction

SITES, SAFES, AREAS = 8, 18, 50
_MOST_DAYS = 3 * 366
_LONGEST_AREAS = 999


class Command(BaseCommand):
    help = (
        "Fills an empty database with the years of a chain: one area is lived through by the system itself, and the "
        "database makes copies of it. For measuring; what it makes was told by nobody."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--transactions", type=int, default=10_000_000, help="how many, about")
        parser.add_argument("--areas", type=int, default=AREAS, help="how often the area is there")
        parser.add_argument("--sites", type=int, default=SITES, help="of an area")
        parser.add_argument("--safes", type=int, default=SAFES, help="of an area")

    def handle(self, *args: Any, **options: Any) -> None:
        wanted, areas = options["transactions"], options["areas"]
        if not 1 <= areas <= _LONGEST_AREAS or wanted < 1:
            raise CommandError(f"Give at least one transaction, and between 1 and {_LONGEST_AREAS} areas.")
        self._begun = time.monotonic()
        if any(model.objects.exists() for model in (Site, Safe, Delivery, Transaction)):
            raise CommandError(
                "This database has sites, safes or transactions. Only an empty one is filled: what is made here could "
                "never be told from what happened. Make a new database and name it in DATABASE_URL."
            )
        # To the hour, so that pushes are those of whole hours.
        end = timezone.now().replace(minute=0, second=0, microsecond=0)
        try:
            estate = area(options["sites"], options["safes"], (end - dt.timedelta(days=_MOST_DAYS)).date())
        except ValueError as error:
            raise CommandError(str(error)) from None
        days = round(wanted / areas / rows_a_day(estate, (end - dt.timedelta(days=30)).date())) or 1
        if days > _MOST_DAYS:
            raise CommandError(
                f"That would be {days:,} days, and {_MOST_DAYS:,} are the most: ask for fewer transactions, or for "
                f"more areas, sites or safes."
            )
        live(estate, end - dt.timedelta(days=days), end, self._say)
        if areas > 1:
            copy(areas - 1, self._say)
        self._say("gathering statistics")
        with connection.cursor() as cursor:
            cursor.execute("VACUUM (ANALYZE)")
        self._say(
            f"{Transaction.objects.count():,} transactions of {Safe.objects.count():,} safes at "
            f"{Site.objects.count():,} sites on {days:,} days"
        )

    def _say(self, what: str) -> None:
        seconds = time.monotonic() - self._begun
        self.stdout.write(f"{int(seconds // 60)}:{int(seconds % 60):02} {what}")
        self.stdout.flush()
