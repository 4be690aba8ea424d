"""In which role a person acts on cards: the mightiest whose permission they have."""

from __future__ import annotations

from typing import Protocol

from loyalty.acting import Actor
from loyalty.reasons import CARD_ROLES


class Person(Protocol):
    def has_perm(self, perm: str) -> bool: ...

    def get_username(self) -> str: ...


def person(user: Person) -> Actor | None:
    """None for who may act in no role. A superuser has every permission, and so is an administrator."""
    for role in reversed(CARD_ROLES):
        if user.has_perm(f"loyalty.act_as_{role}_card"):
            return Actor(user.get_username(), role, is_person=True)
    return None


def may_reveal(user: Person) -> bool:
    """Whether personal data and card numbers may be seen in full, each time with a trace."""
    return user.has_perm("loyalty.reveal_contact")
