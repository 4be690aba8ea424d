"""Days without differences are signed many at once; the others are told, each with its sentence."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.transactions.signing.days import DATE, clerk, late, standing, supervisor, traded
from tests.transactions.takings.telling import now
from transactions.reconciliation.signing.acts import SigningError, prepare
from transactions.reconciliation.signing.bulk import MOST, approve_all, prepare_all

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _now():
    with now():
        yield


def test_what_has_nothing_to_explain_is_signed_and_the_rest_is_told():
    fine = [traded("100", code=f"S{number}", serial=f"SR{number}")[0] for number in range(3)]
    short, _ = traded("60", code="S7", serial="SR7")
    carla, susan = clerk(), supervisor()
    days = [(site.pk, DATE) for site in (*fine, short)]
    outcome = prepare_all(days, carla)
    assert sorted(outcome.done) == sorted(days[:3])
    ((day, why),) = outcome.refused
    assert day == (short.pk, DATE)
    assert "40.00 USD less than the tills say" in why
    assert [standing(site).status for site in (*fine, short)] == ["prepared"] * 3 + ["open"]

    prepare(short.pk, DATE, carla, standing(short).seen, "Till 1 miscounted.")
    outcome = approve_all(days, susan)
    assert sorted(outcome.done) == sorted(days[:3])
    assert [day for day, _ in outcome.refused] == [(short.pk, DATE)]  # by hand, by somebody who read why


def test_nobody_approves_in_bulk_what_he_prepared():
    sites = [traded("100", code=f"S{number}", serial=f"SR{number}")[0] for number in range(2)]
    susan, days = supervisor(), [(site.pk, DATE) for site in sites]
    prepare_all(days[:1], susan)
    prepare_all(days[1:], clerk())
    outcome = approve_all(days, susan)
    assert outcome.done == days[1:]
    assert [(day, why[:12]) for day, why in outcome.refused] == [(days[0], "You prepared")]


def test_who_may_not_sign_signs_nothing_in_bulk():
    site, _ = traded("100")
    outcome = approve_all([(site.pk, DATE)], clerk())
    assert outcome.done == []
    assert "Your role may not approve" in outcome.refused[0][1]


def test_a_day_twice_among_the_chosen_is_signed_once():
    site, key = traded("100")
    late(key, "1")
    outcome = prepare_all([(site.pk, DATE)] * 2, clerk())
    assert (outcome.done, outcome.refused) == ([(site.pk, DATE)], [])


def test_too_many_at_once_are_refused_before_any_is_signed():
    days = [(1, DATE - dt.timedelta(days=back)) for back in range(MOST + 1)]
    with pytest.raises(SigningError, match="choose up to 400"):
        prepare_all(days, clerk())
