"""rotate_api_key NAME --which token|password"""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.core.management.base import CommandParser

from safes import accounts
from safes.commands import Result
from safes.key_commands import RotateCommand
from safes.models import MachineAccount, MachineKey

_SCOPES = {"token": MachineKey.Scope.ACCOUNT_TOKEN, "password": MachineKey.Scope.ACCOUNT_PASSWORD}


class Command(RotateCommand):
    help = (
        "Gives another system's account a new token or a new password and shows it, this once. The old one works until "
        "the overlap ends and the new one has been used; with --overlap 0 it lapses at once. The other goes on."
    )
    holder = "username"

    def add_options(self, parser: CommandParser) -> None:
        super().add_options(parser)
        parser.add_argument("--which", required=True, choices=list(_SCOPES), help="what to change")

    def work(self, **options: Any) -> Result:
        self.key = options["which"]
        self.in_words = f"The new {self.key} of"
        return super().work(**options)

    def rotate(self, name: str, overlap: dt.timedelta) -> tuple[str, dt.datetime]:
        account = MachineAccount.objects.filter(username__iexact=name).first()
        if account is None:
            raise ValueError(f"There is no account {name[:100]}: add_api_user makes one.")
        return accounts.rotate(account.pk, _SCOPES[self.key], overlap)
