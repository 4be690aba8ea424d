"""Safes known from trials alone: seen by staff, and no finding."""

from __future__ import annotations

import pytest

from safes.estate import place_safe
from safes.models import Finding, Safe
from tests.factories import AdministratorFactory, PushEndpointFactory, SiteFactory, body_of, cash_in, deliver
from tests.staff import page

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(client):
    client.force_login(AdministratorFactory.create())
    return client


def test_a_safe_that_only_a_test_endpoint_told_of_is_listed_and_said_to_be_for_trials(staff):
    trials, production = PushEndpointFactory.create(environment="test"), PushEndpointFactory.create()
    place_safe("SR3", SiteFactory.create())
    deliver(trials, body_of(cash_in("SR1"), cash_in("SR2"), cash_in("SR3")))
    deliver(trials, body_of(cash_in("SR4", TransactionType="Logon", Amount=None)))

    def listed() -> dict[str, str]:
        shown = staff.get(page(Safe, "changelist")).context["cl"]
        return {safe.serial_number: shown.model_admin.standing(safe) for safe in shown.result_list}

    only = "unregistered, test only"
    assert listed() == {"SR1": only, "SR2": only, "SR3": "active", "SR4": only}
    assert not Finding.objects.filter(kind="unknown_safe").exists()
    deliver(production, body_of(cash_in("SR2")))
    deliver(production, body_of(cash_in("SR4", TransactionType="Logon", Amount=None)))
    assert listed() == {"SR1": only, "SR2": "unregistered", "SR3": "active", "SR4": "unregistered"}
    assert "SR2" in set(Finding.objects.filter(kind="unknown_safe").values_list("safe__serial_number", flat=True))
