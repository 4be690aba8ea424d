"""Two presses of one button that arrive at the same moment raise one incident."""

from __future__ import annotations

import uuid

import pytest

from incidents.models import Incident
from incidents.raising import raise_incident
from tests.factories import UserFactory
from tests.incidents.making import safe_wanted
from tests.transactions.at_once import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def test_two_presses_at_the_same_moment_raise_one():
    wanted, once, clerk = safe_wanted(), uuid.uuid4(), UserFactory.create()
    made = at_once(*[lambda: raise_incident(wanted, user=clerk, once=once)[0].pk for _ in range(6)])
    assert len(set(made)) == 1
    assert Incident.objects.count() == 1
    assert Incident.objects.get().dispatches.count() == 1
