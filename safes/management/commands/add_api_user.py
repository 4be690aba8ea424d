"""add_api_user NAME --role …"""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from safes.accounts import add_account
from safes.commands import Result, SentenceCommand
from safes.models.machine_account import Role


class Command(SentenceCommand):
    help = "Makes an account for another system, and shows its password and its token, this once."

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument("name", metavar="NAME", help="the name of the account; case does not count")
        parser.add_argument(
            "--role",
            required=True,
            choices=Role.values,
            help="what it may do: reader, back_office and administrator read /api/v1/",
        )

    def work(self, **options: Any) -> Result:
        account, password, token = add_account(options["name"], options["role"])
        return {"username": account.username, "password": password, "token": token}

    def tell(self, result: Result) -> str:
        return (
            f"Account {result['username']} was made. Give the system that calls:\n"
            f"  token      {result['token']} (Authorization: Token …)\n"
            f"  or         {result['username']} with the password {result['password']} (Basic)\n"
            "Both are shown this once and kept nowhere."
        )
