"""What operators are told of the card service."""

from __future__ import annotations

import pytest

from loyalty.metrics import CALLS, MISSES, THROTTLED
from safes.counters import Series, take
from tests.loyalty.door.till import Till
from tests.loyalty.making import NUMBER, card, contact

pytestmark = pytest.mark.django_db


def counted(name: str) -> dict[Series, int]:
    return {labels: number for (metric, *rest), number in take().items() if metric == name for labels in [tuple(rest)]}


@pytest.fixture
def till(db: None) -> Till:
    made = Till(name="pos-7")
    take()
    return made


def test_calls_are_counted_by_method_and_key(till, client):
    card(of=contact())
    for path in (
        f"balance/by/{NUMBER}",
        f"Balance/By/{NUMBER}/",
        "balance/by/x",
        "issue",
        "balance/by/phone/+12015550123",
    ):
        till.get(path)
    till.post("issue")
    client.get("/api/card/issue")
    assert counted(CALLS.name) == {
        ("balance", "OK"): 2,
        ("balance", "InvalidCardNumber"): 1,
        ("balance_by_phone", "OK"): 1,
        ("issue", "RequiredParameterNotSpecified"): 1,
        ("issue", "MethodNotAllowed"): 1,
        ("issue", "Unauthorized"): 1,
    }


def test_misses_and_refused_ones_are_counted_by_account(till, settings):
    settings.LOYALTY_SAME_MISS_LIMIT = "2/hour"
    for _ in range(5):
        till.get(f"balance/by/{NUMBER}")
    misses = take()
    assert misses[MISSES.name, "pos-7"] == 5
    assert misses[THROTTLED.name, "pos-7"] == 3
    assert misses[CALLS.name, "balance", "TooManyRequests"] == 3


def test_times_are_told_under_the_pattern_of_an_address(till):
    for path in (f"balance/by/{NUMBER}", "BALANCE/BY/phone/+12015550123/", "issue", "Nothing"):
        till.get(path)
    routes = {series[2] for series in take() if series[0] == "strongroom_request_seconds"}
    assert {"/api/card/balance/by/<value>", "/api/card/balance/by/phone/<value>", "/api/card/issue"} <= routes
    assert NUMBER not in str(routes)
