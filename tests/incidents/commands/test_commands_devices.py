"""add_atm and add_fault_code: what an account may dispatch for."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from incidents.models import Atm, FaultCode
from tests.incidents.making import atm_account, safepoint_account, site

pytestmark = pytest.mark.django_db


def answer(*arguments: str) -> Any:
    out = io.StringIO()
    call_command(*arguments, "--json", stdout=out)
    return json.loads(out.getvalue())


def test_an_atm_stands_at_a_site_and_its_case_does_not_count():
    atm_account("atms")
    site("S001")
    assert answer("add_atm", "cu560572", "--account", "atms", "--site", "s001", "--model", "M8") == {
        "atm": "CU560572",
        "account": "atms",
        "site": "S001",
    }
    assert Atm.objects.get().model == "M8"


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["CU1", "--account", "atms", "--site", "S001"], "already"),
        (["CU2", "--account", "nobody", "--site", "S001"], "no Loomis account nobody"),
        (["CU2", "--account", "atms", "--site", "S002"], "no site S002"),
        (["CU2", "--account", "safes", "--site", "S001"], "dialect atm"),
        ([" ", "--account", "atms", "--site", "S001"], "Number"),
    ],
)
def test_an_atm_that_cannot_be_is_refused_with_a_sentence(arguments, word):
    atm_account("atms")
    safepoint_account("safes")
    site("S001")
    answer("add_atm", "CU1", "--account", "atms", "--site", "S001")
    with pytest.raises(CommandError, match=word):
        call_command("add_atm", *arguments)
    assert Atm.objects.count() == 1


def test_a_fault_code_says_whether_it_needs_amounts():
    safepoint_account("safes")
    said = answer("add_fault_code", "CashAdd", "--account", "safes", "--amounts", "--description", "Fill it up")
    assert said == {"fault_code": "CashAdd", "account": "safes", "amounts": True}
    assert answer("add_fault_code", "Door", "--account", "safes")["amounts"] is False
    assert FaultCode.objects.get(code="CashAdd").description == "Fill it up"


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["F1", "--account", "atms"], "already"),
        (["F2", "--account", "nobody"], "nobody"),
        ([" ", "--account", "atms"], "Code"),
    ],
)
def test_a_fault_code_that_cannot_be_is_refused_with_a_sentence(arguments, word):
    atm_account("atms")
    before = FaultCode.objects.count()
    with pytest.raises(CommandError, match=word):
        call_command("add_fault_code", *arguments)
    assert FaultCode.objects.count() == before
