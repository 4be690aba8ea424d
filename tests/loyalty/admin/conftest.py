"""Somebody at the staff site, in one role or another."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from tests.factories import AdministratorFactory, UserFactory


@pytest.fixture
def staff(client: Client) -> Client:
    client.force_login(AdministratorFactory.create())
    return client


@pytest.fixture
def as_role(client: Client) -> Callable[..., Client]:
    def become(*roles: str) -> Client:
        user = UserFactory.create()
        user.groups.set(Group.objects.filter(name__in=roles))
        client.force_login(user)
        return client

    return become
