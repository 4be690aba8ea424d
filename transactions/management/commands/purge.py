"""purge --older-than DAYS"""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser
from django.template.defaultfilters import filesizeformat

from safes.commands import Result, SentenceCommand
from transactions.retention import purge


class Command(SentenceCommand):
    help = (
        "Deletes the raw bodies of recorded deliveries that are older than so many days. Never transactions, never a "
        "delivery that is not recorded or whose quarantined rows nobody has settled; digests stay, so that a late "
        "resend is still known."
    )

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument("--older-than", type=int, required=True, metavar="DAYS", dest="days")

    def work(self, **options: Any) -> Result:
        return purge(options["days"]).as_json()

    def tell(self, result: Result) -> str:
        return (
            f"Before {result['before']}: {result['bodies']} raw bodies ({filesizeformat(result['stored_bytes'])} as "
            f"stored) and {result['repeats']} rows of mere repeats were deleted. Kept: {result['kept_unrecorded']} not "
            f"recorded yet, {result['kept_for_findings']} with open findings."
        )
