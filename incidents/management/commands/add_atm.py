"""add_atm NUMBER --account NAME --site CODE"""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from incidents.arranging import account_named, add_atm
from safes.commands import Result, SentenceCommand


class Command(SentenceCommand):
    help = "Registers a cash machine that Loomis sees to under an account."

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument("number", metavar="NUMBER", help="as Loomis knows it; case does not count")
        parser.add_argument("--account", required=True, metavar="NAME")
        parser.add_argument("--site", required=True, metavar="CODE")
        parser.add_argument("--model", default="")

    def work(self, **options: Any) -> Result:
        atm = add_atm(options["number"], account_named(options["account"]), options["site"], model=options["model"])
        return {"atm": atm.number, "account": atm.account.name, "site": atm.site.code}

    def tell(self, result: Result) -> str:
        return f"ATM {result['atm']} stands at {result['site']}; incidents go out under {result['account']}."
