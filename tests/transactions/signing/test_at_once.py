"""Many at one day at the same moment: one of them signs it, the others are told, nothing is overwritten."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from safes.models import Finding
from tests.transactions.at_once import at_once
from tests.transactions.signing.days import DATE, clerk, seen, standing, supervisor, traded
from tests.transactions.takings.telling import now, taking, tell, turn
from transactions.models import SignOff, SignOffEvent
from transactions.reconciliation.signing.acts import SigningError, approve, prepare, send_back
from transactions.reconciliation.sites.drawing import draw_sites_touched

pytestmark = pytest.mark.usefixtures("transactional_db")

MANY = 6


@pytest.fixture(autouse=True)
def _now(transactional_db):
    with now():
        yield


def told(act: Callable[[], object]) -> str:
    """Nothing, or why it could not be done."""
    try:
        act()
    except SigningError as error:
        return str(error)
    return ""


def test_of_many_who_prepare_a_day_at_once_one_does():
    site, _ = traded("100")
    people, token = [clerk(f"clerk{number}") for number in range(MANY)], seen(site)
    said = at_once(*[lambda who=who: told(lambda: prepare(site.pk, DATE, who, token)) for who in people])
    winner: Any = SignOff.objects.get().prepared_by
    assert sorted(said) == [""] + [f"{winner} has prepared this day already: it waits for approval."] * (MANY - 1)
    assert said[people.index(winner)] == ""
    assert SignOffEvent.objects.count() == 1


def test_of_many_who_approve_a_day_at_once_one_does():
    site, _ = traded("100")
    carla = clerk()
    prepare(site.pk, DATE, carla, seen(site))
    people, token = [supervisor(f"super{number}") for number in range(MANY)], seen(site)
    said = at_once(*[lambda who=who: told(lambda: approve(site.pk, DATE, who, token)) for who in people])
    approver: Any = SignOff.objects.get().approved_by
    assert sorted(said) == [""] + [f"This day is signed already, by carla and {approver}."] * (MANY - 1)
    assert list(SignOffEvent.objects.values_list("what", "by__username")) == [
        ("prepared", "carla"),
        ("approved", approver.username),
    ]


def test_approved_and_sent_back_at_once_it_is_one_of_both():
    site, _ = traded("100")
    prepare(site.pk, DATE, clerk(), seen(site))
    token, one, other = seen(site), supervisor(), supervisor("sven")
    said = at_once(
        lambda: told(lambda: approve(site.pk, DATE, one, token)),
        lambda: told(lambda: send_back(site.pk, DATE, other, "Look again.")),
    )
    assert said.count("") == 1
    assert standing(site).status == ("signed" if said[0] == "" else "open")


def test_takings_that_come_while_a_day_is_signed_are_signed_or_reopen_it():
    site, _ = traded("100")
    prepare(site.pk, DATE, clerk(), seen(site))
    token, susan = seen(site), supervisor()

    def comes() -> None:
        tell(taking("90", "1"))
        draw_sites_touched()

    said, _ = at_once(lambda: told(lambda: approve(site.pk, DATE, susan, token)), comes)
    turn()
    stands = standing(site)
    # Nobody has signed 90, and nothing says so.
    assert stands.status == ("reopened" if said == "" else "open")
    assert Finding.objects.filter(kind="late_after_sign_off", state="open").exists() == (said == "")
