"""Staff as their roles make them."""

from __future__ import annotations

from django.contrib.auth.models import Group, User

from tests.factories import UserFactory


def in_role(role: str) -> User:
    """Somebody new with one of the roles of safes/roles.py, and no other permission."""
    person: User = UserFactory.create()
    person.groups.add(Group.objects.get(name=role))
    return person
