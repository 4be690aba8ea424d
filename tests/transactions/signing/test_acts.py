"""A day is signed by two people who saw the same figures, and by nobody else."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine
from django.db import IntegrityError, connection
from django.db.transaction import atomic

from safes.models import Safe
from tests.transactions.signing.days import DATE, clerk, late, person, seen, signed, standing, supervisor, traded
from tests.transactions.takings.telling import now, taking, tell
from transactions.models import SignOff, SignOffEvent
from transactions.reconciliation.signing.acts import SigningError, approve, comment, prepare, reopen, send_back
from transactions.reconciliation.signing.marks import touch_signed
from transactions.recording.marks import touch

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _now():
    with now():
        yield


def test_a_day_is_prepared_by_one_and_approved_by_another():
    site, _ = traded("60", "40")
    carla, susan = clerk(), supervisor()
    assert standing(site).status == "open"
    prepare(site.pk, DATE, carla, seen(site))
    assert standing(site).status == "prepared"
    approve(site.pk, DATE, susan, seen(site), "As counted.")
    stands = standing(site)
    assert stands.status == "signed"
    assert (stands.sign_off.signed_by, stands.sign_off.approved_by) == (carla, susan)
    assert stands.sign_off.signed_figures == stands.figures
    assert [(event.what, event.by.username, event.text) for event in stands.events] == [
        ("prepared", "carla", ""),
        ("approved", "susan", "As counted."),
    ]
    # What was signed can be shown for ever, whatever is signed later.
    assert all(event.figures == stands.figures for event in stands.events)


def test_who_prepared_a_day_cannot_approve_it():
    site, _ = traded("100")
    susan = supervisor()
    prepare(site.pk, DATE, susan, seen(site))
    with pytest.raises(SigningError, match="You prepared this day yourself"):
        approve(site.pk, DATE, susan, seen(site))
    assert standing(site).status == "prepared"


def test_the_database_knows_no_day_signed_by_one_person_alone():
    site, _ = traded("100")
    susan = supervisor()
    with pytest.raises(IntegrityError, match="sign_off_by_two_people"), atomic():
        SignOff.objects.create(
            site=site, business_date=DATE, status="signed", signed_by=susan, approved_by=susan,
            approved_at=dt.datetime.now(dt.UTC), signed_figures=[],
        )  # fmt: skip


@pytest.mark.parametrize("role", ["Auditor", "Loyalty desk", "Incident desk", "Integration admin"])
def test_who_has_no_such_role_does_nothing_to_a_day(role):
    site, _ = traded("100")
    stranger, token = person("egon", role), seen(site)
    prepare(site.pk, DATE, clerk(), token)
    for act in (
        lambda: prepare(site.pk, DATE, stranger, token),
        lambda: approve(site.pk, DATE, stranger, token),
        lambda: send_back(site.pk, DATE, stranger, "No."),
        lambda: reopen(site.pk, DATE, stranger, "No."),
        lambda: comment(site.pk, DATE, stranger, "No."),
    ):
        with pytest.raises(SigningError, match="Your role may not"):
            act()
    assert standing(site).status == "prepared"


def test_a_clerk_does_not_approve():
    site, _ = traded("100")
    prepare(site.pk, DATE, clerk(), seen(site))
    with pytest.raises(SigningError, match="Your role may not approve"):
        approve(site.pk, DATE, clerk("clara"), seen(site))


def test_a_day_with_something_to_explain_wants_a_comment():
    site, _ = traded("60", takings="100")
    assert standing(site).differences == [
        "The safes have 40.00 USD less than the tills say; the tolerance is 5.00.",
        "A finding of the day is open.",
    ]
    with pytest.raises(SigningError, match="write a comment"):
        prepare(site.pk, DATE, clerk(), seen(site), "  ")
    prepare(site.pk, DATE, clerk("clara"), seen(site), "Till 1 miscounted, see the slip.")
    assert standing(site).status == "prepared"


def test_within_the_tolerance_nothing_is_asked():
    site, _ = traded("95.01")
    assert standing(site).differences == []
    prepare(site.pk, DATE, clerk(), seen(site))


def test_takings_are_missed_only_where_takings_come():
    silent, _ = traded("100", takings=None)
    assert standing(silent).differences == []
    tell(taking("100", "1", business_date="2026-03-13"))
    assert standing(silent).differences == ["There are no takings in USD yet."]


def test_figures_that_changed_since_somebody_looked_are_not_signed():
    site, key = traded("100")
    carla, susan = clerk(), supervisor()
    token = seen(site)
    late(key, "2")
    with pytest.raises(SigningError, match="have changed since you opened it"):
        prepare(site.pk, DATE, carla, token)
    prepare(site.pk, DATE, carla, seen(site))
    with pytest.raises(SigningError, match="have changed since you opened it"):
        approve(site.pk, DATE, susan, token)
    late(key, "1", 901)
    with pytest.raises(SigningError, match="since this day was prepared"):
        approve(site.pk, DATE, susan, seen(site))


def test_a_day_that_is_being_drawn_is_not_signed():
    site, key = traded("100")
    token = seen(site)
    late(key, "2")
    carla = clerk()
    prepare(site.pk, DATE, carla, seen(site))
    touch_signed({(site.pk, DATE)})
    with pytest.raises(SigningError, match="being worked in"):
        approve(site.pk, DATE, supervisor(), token)


def test_a_day_that_may_yet_open_with_other_cash_is_not_signed():
    site, _ = traded("100")
    token = seen(site)
    touch({(Safe.objects.get().pk, DATE - dt.timedelta(days=1))})
    with pytest.raises(SigningError, match="being worked in"):
        prepare(site.pk, DATE, clerk(), token)


def test_a_day_that_goes_on_is_not_signed():
    site, _ = traded("100")
    token = seen(site)
    # The day of the 14th goes on until six in the morning of the 15th.
    with time_machine.travel("2026-03-15T05:59:00Z", tick=False), pytest.raises(SigningError, match="not over yet"):
        prepare(site.pk, DATE, clerk(), token)
    with time_machine.travel("2026-03-15T06:00:00Z", tick=False):
        prepare(site.pk, DATE, clerk("clara"), token)


def test_a_day_without_figures_is_not_signed():
    site, _ = traded("100")
    with pytest.raises(SigningError, match="nothing to sign"):
        prepare(site.pk, dt.date(2026, 3, 10), clerk(), "whatever")
    assert not SignOff.objects.exists()


def test_the_second_is_told_who_was_quicker():
    site, _ = traded("100")
    carla, susan, token = clerk(), supervisor(), seen(site)
    prepare(site.pk, DATE, carla, token)
    with pytest.raises(SigningError, match="carla has prepared this day already"):
        prepare(site.pk, DATE, clerk("clara"), token)
    approve(site.pk, DATE, susan, token)
    with pytest.raises(SigningError, match="signed already, by carla and susan"):
        approve(site.pk, DATE, supervisor("sven"), token)
    with pytest.raises(SigningError, match="signed already, by carla and susan"):
        prepare(site.pk, DATE, carla, token)
    assert standing(site).sign_off.approved_by == susan


def test_a_preparation_is_sent_back_with_a_word():
    site, _ = traded("100")
    carla, susan = clerk(), supervisor()
    prepare(site.pk, DATE, carla, seen(site))
    with pytest.raises(SigningError, match="write a comment"):
        send_back(site.pk, DATE, susan, "")
    send_back(site.pk, DATE, susan, "Look at till 1 again.")
    assert standing(site).status == "open"
    with pytest.raises(SigningError, match="not prepared"):
        approve(site.pk, DATE, susan, seen(site))
    prepare(site.pk, DATE, carla, seen(site))
    send_back(site.pk, DATE, carla, "I forgot the slip.")  # everybody his own
    prepare(site.pk, DATE, carla, seen(site))
    with pytest.raises(SigningError, match="Your role may not"):
        send_back(site.pk, DATE, clerk("clara"), "Not mine.")


def test_a_signature_is_taken_back_with_a_reason_and_the_day_signed_anew():
    site, _ = traded("100")
    carla, susan = clerk(), supervisor()
    signed(site, carla, susan)
    with pytest.raises(SigningError, match="write a comment"):
        reopen(site.pk, DATE, susan, " ")
    reopen(site.pk, DATE, susan, "The wrong slip.")
    assert standing(site).status == "reopened"
    with pytest.raises(SigningError, match="nothing to reopen"):
        reopen(site.pk, DATE, susan, "Again.")
    signed(site, carla, susan)
    assert standing(site).status == "signed"
    assert [event.what for event in standing(site).events] == [
        "prepared", "approved", "reopened", "prepared", "approved",
    ]  # fmt: skip


def test_a_comment_may_be_added_at_any_time():
    site, _ = traded("100")
    carla = clerk()
    comment(site.pk, DATE, carla, "The courier came late.")
    signed(site, carla, supervisor())
    comment(site.pk, DATE, carla, "He brought the slip.")
    assert standing(site).status == "signed"
    assert [event.text for event in standing(site).events if event.what == "commented"] == [
        "The courier came late.",
        "He brought the slip.",
    ]
    for wrong in ("", "x" * 4001, "a\x00b"):
        with pytest.raises(SigningError):
            comment(site.pk, DATE, carla, wrong)


@pytest.mark.parametrize("statement", ["UPDATE {} SET text = 'Nothing happened.'", "DELETE FROM {}"])
def test_what_happened_is_kept_for_ever(statement):
    site, _ = traded("100")
    signed(site, clerk(), supervisor())
    table = SignOffEvent._meta.db_table
    with pytest.raises(IntegrityError, match="kept for ever"), atomic(), connection.cursor() as cursor:
        cursor.execute(statement.format(table))
    assert SignOffEvent.objects.count() == 2
