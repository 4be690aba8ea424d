"""Who does something to a card: a machine account in its role, or a person in the role that their permissions give."""

from __future__ import annotations

from dataclasses import dataclass

from safes.findings import SYSTEM
from safes.models import MachineAccount


@dataclass(frozen=True, slots=True)
class Actor:
    """``name``: of the account or the person. ``role``: one of safes.models.machine_account.Role."""

    name: str
    role: str
    is_person: bool = False


# What happens by itself, when its time has come.
CLOCK = Actor(SYSTEM, "")


def machine(account: MachineAccount) -> Actor:
    return Actor(account.username, account.role)
