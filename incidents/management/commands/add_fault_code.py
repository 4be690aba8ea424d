"""add_fault_code CODE --account NAME [--amounts]"""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from incidents.arranging import account_named, add_fault_code
from safes.commands import Result, SentenceCommand


class Command(SentenceCommand):
    help = "Adds a fault code that was agreed with Loomis to an account."

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument("code", metavar="CODE", help="as Loomis writes it")
        parser.add_argument("--account", required=True, metavar="NAME")
        parser.add_argument("--amounts", action="store_true", help="a cash add or swap: it needs amounts")
        parser.add_argument("--description", default="")

    def work(self, **options: Any) -> Result:
        code = add_fault_code(
            options["code"],
            account_named(options["account"]),
            amounts=options["amounts"],
            description=options["description"],
        )
        return {"fault_code": code.code, "account": code.account.name, "amounts": code.amounts_required}

    def tell(self, result: Result) -> str:
        needs = "; it needs amounts" if result["amounts"] else ""
        return f"{result['account']} may dispatch for {result['fault_code']}{needs}."
