"""What is refused before anything is sent, by the name of its field, and all of it at once."""

from __future__ import annotations

import dataclasses
import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from incidents.arranging import add_atm, add_fault_code
from incidents.models import Atm, FaultCode, Incident, LoomisAccount
from incidents.raising import raise_incident
from incidents.wanted import LONGEST, LONGEST_TEXT, Wanted
from safes.estate import place_safe
from safes.models import Safe
from tests.factories import SiteFactory
from tests.incidents.raising.wanting import HOUR, account, of_atm, of_safe

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def house() -> None:
    """An ATM and a safe at S1, an account for each, another account with another ATM, and fault codes."""
    site = SiteFactory.create(code="S1")
    mine, others = account("cash", "atm"), account("cash-2", "atm")
    add_atm("cu100", mine, "S1")
    add_atm("CU200", others, "S1")
    add_fault_code("CardJam", mine)
    add_fault_code("CashAdd", mine, amounts=True)
    add_fault_code("Elsewhere", others)
    add_fault_code("AC12", account("safes", "safepoint"))
    place_safe("UG1", site)


def complaints(wanted: Wanted) -> dict[str, list[str]]:
    with pytest.raises(ValidationError) as refused:
        raise_incident(wanted)
    assert not Incident.objects.exists()
    told: dict[str, list[str]] = refused.value.message_dict
    assert all(sentence.endswith((".", "?")) for sentences in told.values() for sentence in sentences)
    return told


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"account": "nobody"}, "account", "no Loomis account"),
        ({"device": ""}, "device", "which device"),
        ({"device": "CU999"}, "device", "no ATM CU999"),
        ({"device": "CU200"}, "device", "belongs to the account cash-2"),
        ({"device": "UG1"}, "device", "no ATM UG1"),
        ({"fault_code": ""}, "fault_code", "needs a fault code"),
        ({"fault_code": "Elsewhere"}, "fault_code", "has no fault code"),
        ({"fault_time": None}, "fault_time", "when it began"),
        ({"fault_time": dt.datetime(2026, 1, 1, 12)}, "fault_time", "time zone"),  # noqa: DTZ001 - as it may be given
        ({"fault_time": dt.datetime(2999, 1, 1, tzinfo=dt.UTC)}, "fault_time", "future"),
        ({"fault_time": dt.datetime(1999, 12, 31, tzinfo=dt.UTC)}, "fault_time", "too far back"),
        ({"device_status": "Broken"}, "device_status", "Active or Inactive"),
        ({"notes": "x" * (LONGEST_TEXT + 1)}, "notes", "longer"),
        ({"notes": "a\x00b"}, "notes", "signs"),
        ({"amounts": {"20": 1010}}, "amounts", "divisible by 20"),
        ({"amounts": {"20": -20}}, "amounts", "below zero"),
        ({"amounts": {"20": "20.50"}}, "amounts", "no whole amount"),
        ({"amounts": {"20": Decimal("1e3")}}, "amounts", "no whole amount"),
        ({"amounts": {"20": True}}, "amounts", "no whole amount"),
        ({"amounts": {"20": None}}, "amounts", "no whole amount"),
        ({"amounts": {"20": [20]}}, "amounts", "no whole amount"),
        ({"amounts": {"20": 10**15}}, "amounts", "too much"),
        ({"amounts": {"2": 20}}, "amounts", "no 2 USD"),
        ({"amounts": {"0": 20}}, "amounts", "no denomination"),
        ({"amounts": {"twenty": 20}}, "amounts", "no denomination"),
        ({"amounts": {"20": 20, "020": 40}}, "amounts", "twice"),
        ({"fault_code": "CashAdd"}, "amounts", "needs amounts"),
        ({"fault_code": "CashAdd", "amounts": {"20": 0}}, "amounts", "needs amounts"),
    ],
)
def test_of_an_atm(change, field, words):
    assert words in complaints(of_atm(**change))[field][0]


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"device": "CU100"}, "device", "no safe CU100"),
        ({"fault_code": "CardJam"}, "fault_code", "has no fault code"),
        ({"subject": " "}, "subject", "needs this"),
        ({"description": ""}, "description", "needs this"),
        ({"contact_name": ""}, "contact_name", "needs this"),
        ({"contact_number": ""}, "contact_number", "needs this"),
        ({"contact_email": "ann"}, "contact_email", "no e-mail address"),
        ({"subject": "x" * (LONGEST["subject"] + 1)}, "subject", "longer"),
    ],
)
def test_of_a_safe(change, field, words):
    assert words in complaints(of_safe(**change))[field][0]


def test_everything_that_is_wrong_is_said_at_once():
    wrong = of_atm(device="X", fault_code="Y", fault_time=None, amounts={"20": 7})
    assert set(complaints(wrong)) == {"device", "fault_code", "fault_time", "amounts"}


def test_what_is_used_no_more_is_refused():
    Atm.objects.filter(number="CU100").update(active=False)
    FaultCode.objects.filter(code="CardJam").update(active=False)
    assert set(complaints(of_atm())) == {"device", "fault_code"}
    Safe.objects.filter(serial_number="UG1").update(status=Safe.Status.RETIRED)
    assert set(complaints(of_safe())) == {"device"}
    LoomisAccount.objects.filter(name="cash").update(active=False)
    assert set(complaints(of_atm())) == {"account"}


def test_a_clock_a_little_ahead_of_ours_is_none_in_the_future():
    now = timezone.now()
    raise_incident(of_atm(fault_time=now + dt.timedelta(seconds=30)))
    later = dataclasses.replace(of_safe(), fault_time=timezone.now() + dt.timedelta(minutes=2))
    with pytest.raises(ValidationError, match="future"):
        raise_incident(later)


def test_devices_and_fault_codes_are_found_without_regard_to_case_and_sent_as_they_are_known():
    incident, _ = raise_incident(of_atm(device=" cu100 ", fault_code="cardjam"))
    assert (incident.device, incident.fault_code) == ("CU100", "CardJam")
    incident, _ = raise_incident(of_safe(device="ug1", fault_code=" ac12"))
    assert (incident.device, incident.fault_code) == ("UG1", "AC12")


def test_fault_codes_that_differ_in_case_alone_are_told_apart():
    add_fault_code("CARDJAM", LoomisAccount.objects.get(name="cash"), amounts=True)
    incident, _ = raise_incident(of_atm())
    assert incident.fault_code == "CardJam"


def test_amounts_are_kept_as_plain_whole_texts_and_zeros_left_out():
    given: Any = {20: 1020, "100": "1100", "5": Decimal("1055.0"), "1": 0, "010": 10}
    incident, _ = raise_incident(of_atm(fault_code="CashAdd", amounts=given))
    assert incident.amounts == {"20": "1020", "100": "1100", "5": "1055", "10": "10"}
    assert incident.currency == "USD"


def test_other_currencies_have_denominations_of_their_own():
    place = SiteFactory.create(code="S2", currency="CAD")
    add_atm("CU300", LoomisAccount.objects.get(name="cash"), place.code)
    incident, _ = raise_incident(of_atm(device="CU300", amounts={"2": 20}))
    assert (incident.amounts, incident.currency) == ({"2": "20"}, "CAD")


def test_what_the_dialect_has_no_word_for_is_left_out_and_said():
    incident, warnings = raise_incident(of_atm(subject="Door", contact_name="Ann Lee"))
    assert (incident.subject, incident.contact_name) == ("", "")
    assert [warning.partition(" ")[0] for warning in warnings] == ["subject", "contact_name"]
    incident, warnings = raise_incident(of_safe(amounts={"20": 7}, notes="x"))
    assert (incident.amounts, incident.notes) == ({}, "")
    assert [warning.partition(" ")[0] for warning in warnings] == ["notes", "amounts"]


def test_a_time_with_an_offset_is_kept_in_utc():
    moment = dt.datetime(2026, 3, 14, 9, 17, 48, tzinfo=dt.timezone(-6 * HOUR))
    incident, _ = raise_incident(of_atm(fault_time=moment))
    incident.refresh_from_db()
    assert incident.fault_at == dt.datetime(2026, 3, 14, 15, 17, 48, tzinfo=dt.UTC)
