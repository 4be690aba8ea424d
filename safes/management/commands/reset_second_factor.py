"""reset_second_factor USERNAME"""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import CommandParser

from safes.commands import Result, SentenceCommand
from safes.second_factor.devices import forget


class Command(SentenceCommand):
    help = "Takes the lost device and the recovery codes from a staff account, so that a new device can be set up."

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument("username", metavar="USERNAME")

    def work(self, **options: Any) -> Result:
        user = User.objects.filter(username=options["username"]).first()
        if user is None:
            raise ValueError(f"There is no account “{options['username'][:150]}”.")
        return {"username": user.username, "had_device": forget(user)}

    def tell(self, result: Result) -> str:
        if not result["had_device"]:
            return f"{result['username']} had no device; nothing was changed."
        return f"{result['username']} has no device any more, and sets up a new one at the next log-in."
