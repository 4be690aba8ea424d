"""Certificates of completeness: signed, checked, refused when anything in them was changed."""

from __future__ import annotations

import base64
import datetime as dt
import json

import pytest

from safes.estate import place_safe
from safes.models import Safe
from tests.factories import SiteFactory
from tests.transactions.completeness.comparing import AFTER, DAY, GRACE_ENDS, IN_GRACE, at, turn
from tests.transactions.feeds.filing import feed, file_in, xml
from tests.transactions.pushing import drop, endpoint, say
from transactions.completeness.certificate import Certificate, certify, changes_since, read_code
from transactions.models import PushEndpoint, Transaction
from transactions.recording.marks import touch

pytestmark = pytest.mark.django_db

_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_."


def certificate(date: dt.date = DAY, now: dt.datetime = AFTER) -> Certificate:
    with at(now):
        turn()
        return certify(Safe.objects.get(serial_number="SR10042"), date, by="ANN", now=now)


@pytest.fixture
def told():
    """A day that both told of, but for one transaction; the key, and the feed."""
    source, key = feed(), endpoint()
    place_safe("SR10042", SiteFactory.create(code="S7", time_zone="UTC"))
    with at(AFTER):
        say(key, [drop(1), drop(2, "60")])
        file_in(source, "day.xml", xml([drop(1)]))
        turn()
    return key, source


def test_a_certificate_says_what_the_books_say(told):
    made = certificate()
    assert (made.serial_number, made.site, made.business_date, made.issued_by) == ("SR10042", "S7", "2026-03-14", "ANN")
    assert (made.verdict, made.sentence) == (
        "missing_in_file",
        "Not complete: pushes told of transactions that are in no file.",
    )
    figures = made.figures["USD"]
    assert (figures["push_count"], figures["push_cash"]) == ("2", "100.0000")
    assert (figures["missing_in_file_count"], figures["missing_in_file_cash"]) == ("1", "60.0000")
    assert made.issued_at == "2026-04-15T12:00:00+00:00"


def test_its_code_is_genuine_also_when_it_comes_back_in_lines(told):
    made = certificate()
    lines = "\r\n ".join(made.code[start : start + 60] for start in range(0, len(made.code), 60))
    assert read_code(made.code) == read_code(lines) == made
    assert changes_since(made, AFTER) == []


def test_what_was_changed_in_any_character_is_refused(told):
    code = certificate().code
    for place in range(len(code)):
        # The last characters of a part hold bits that say nothing: they have no second spelling either.
        is_last = code[place + 1 : place + 2] in ("", ".")
        for other in _ALPHABET if is_last else ("A", "."):
            if code[place] != other:
                with pytest.raises(ValueError, match=r"\.$"):
                    read_code(code[:place] + other + code[place + 1 :])


@pytest.mark.parametrize(
    "code", ["", "SRC1", "SRC1..", "SRC1.é.é", "SRC2.e30.e30", "x" * 30_000, "SRC1.e30.e30", "\x00"]
)
def test_nonsense_is_refused_with_a_sentence(code, db):
    with pytest.raises(ValueError, match=r"code|genuine"):
        read_code(code)


def test_figures_that_somebody_improved_are_refused(told):
    prefix, text, signature = certificate().code.split(".")
    said = json.loads(base64.urlsafe_b64decode(text + "=="))
    said["figures"]["USD"]["push_cash"] = "1000.0000"
    forged = base64.urlsafe_b64encode(json.dumps(said, sort_keys=True, separators=(",", ":")).encode())
    with pytest.raises(ValueError, match="not genuine"):
        read_code(f"{prefix}.{forged.decode().rstrip('=')}.{signature}")


def test_a_key_of_its_own_outlives_the_secret_key_and_without_one_it_does_not(told, settings):
    settings.CERTIFICATE_KEY = ""
    by_secret_key = certificate().code
    settings.CERTIFICATE_KEY = "a key for certificates"
    by_own_key = certificate().code
    settings.SECRET_KEY = "another" * 10
    assert read_code(by_own_key).verdict == "missing_in_file"
    for key in (settings.CERTIFICATE_KEY, ""):
        settings.CERTIFICATE_KEY = key
        with pytest.raises(ValueError, match="another key"):
            read_code(by_secret_key)


def test_late_data_is_told_by_what_it_changed(told):
    _, source = told
    made = certificate()
    with at(AFTER):
        file_in(source, "late.xml", xml([drop(2, "60")]))
    assert changes_since(made, AFTER) == [
        "Transactions by file in USD: 1 then, 2 now.",
        "Cash by file in USD: 40.0000 then, 100.0000 now.",
        "Transactions by both in USD: 1 then, 2 now.",
        "Cash by both in USD: 40.0000 then, 100.0000 now.",
        "Transactions missing in file in USD: 1 then, 0 now.",
        "Cash missing in file in USD: 60.0000 then, 0.0000 now.",
        "The verdict now: Complete: pushes and files told of the same transactions.",
    ]


def test_other_transactions_of_the_same_figures_are_told_too(told):
    made = certificate()
    Transaction.objects.filter(amount=60).update(key_digest=b"0" * 16)
    assert changes_since(made, AFTER) == ["The figures are the same, but other transactions make them up."]


def test_the_digest_does_not_depend_on_the_order_in_which_things_came(told):
    first = certificate().keys
    place_safe("SR2", SiteFactory.create(time_zone="UTC"))
    key, source = told
    with at(AFTER):
        file_in(source, "other.xml", xml([drop(1, SerialNumber="SR10042", PickupGroupId=51200311)]))
        say(key, [drop(2, "60")])
        say(key, [drop(1)])
    assert certificate().keys == first


def test_what_is_waiting_or_not_comparable_says_why(told):
    assert certificate(DAY - dt.timedelta(days=3)).sentence == (
        "Not comparable: both channels tell of this safe from 2026-03-14 on."
    )
    assert certificate(DAY + dt.timedelta(days=3)).sentence == (
        "Not comparable: nothing of that day is of a type that both channels cover."
    )
    touch({(Safe.objects.get(serial_number="SR10042").pk, DAY)})  # time does not run back by itself
    assert certificate(now=IN_GRACE).sentence == (
        f"Not judged yet: pushes and files differ, and may until {GRACE_ENDS:%Y-%m-%d %H:%M} UTC."
    )
    PushEndpoint.objects.update(active=False)
    assert certificate().sentence == "Not comparable: no push endpoint of the production books is active."


def test_a_safe_that_no_file_told_of_says_so(db):
    with at(AFTER):
        say(endpoint(), [drop(1)])
        assert certificate().sentence == "Not comparable: no feed of the production books is active."
        feed()
        assert certificate().sentence == "Not comparable: no file has told of this safe yet."


def test_a_certificate_of_another_house_names_a_safe_unknown_here(told):
    made = certificate()
    Safe.objects.filter(serial_number="SR10042").update(serial_number="SR9")
    assert changes_since(made, AFTER) == ["The safe is not known here any more."]
