"""What every test shares."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from hypothesis import HealthCheck, settings

from tests.factories import AdministratorFactory, UserFactory

# A shared machine may take its time over one example; that is no finding. What fails is printed so that it can be
# repeated; the examples differ from run to run, since the same ones again would find nothing new.
settings.register_profile(
    "default", deadline=None, derandomize=False, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("thorough", settings.get_profile("default"), max_examples=2000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


@pytest.fixture
def staff(client: Client) -> Client:
    """An administrator at the staff site."""
    client.force_login(AdministratorFactory.create())
    return client


@pytest.fixture
def as_role(client: Client) -> Callable[..., Client]:
    """Somebody at the staff site, in one role or several."""

    def become(*roles: str) -> Client:
        user = UserFactory.create()
        user.groups.set(Group.objects.filter(name__in=roles))
        client.force_login(user)
        return client

    return become
