"""Genuine twins by the thousand: nothing about their number may overflow."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.transactions.pushing import body, counts, drop, endpoint
from transactions.models import Transaction


@pytest.mark.django_db(transaction=True)
def test_more_equal_rows_than_a_small_number_holds_are_all_recorded(client: Client):
    key = endpoint()
    twins = 2**15 + 10
    few = drop()
    for name in ("UserName", "PickupGroupId", "Register"):
        del few[name]
    answer = client.post(
        "/api/loomis/transactions/loomis", body([few] * twins), "application/json", headers={"Authorization": key}
    )
    assert counts(answer.json()) == ("accepted", twins, twins, 0, 0)
    assert Transaction.objects.latest("occurrence").occurrence == twins
