"""verify_books says nothing of findings that follow from what other apps know."""

from __future__ import annotations

import pytest

from safes.findings import Facts, settle
from safes.models import Safe
from tests.transactions.verifying.lively import lively_book, verified

pytestmark = pytest.mark.usefixtures("transactional_db")


def test_a_finding_of_an_incident_is_no_difference_and_one_of_the_books_is():
    lively_book()
    safe = Safe.objects.get(serial_number="SR10042")
    settle("incident_overdue", {"261114000001": Facts("The SLA has passed.", safe_id=safe.pk)})
    assert verified()["equal"]
    settle("possible_twin", {"nothing like it": Facts("Two of one.", safe_id=safe.pk)})
    assert not verified()["equal"]
