"""What docs/integrators.md shows is what happens: its requests are made, its error is the one that is answered."""

from __future__ import annotations

import base64
import json
import shlex

import pytest
from django.test import Client

from incidents.arranging import add_atm, add_fault_code
from safes.accounts import add_account
from safes.estate import add_site, place_safe
from tests.docs.pages import page
from tests.incidents.making import atm_account, safepoint_account
from tests.loyalty.making import card, contact

pytestmark = pytest.mark.django_db

PAGE = page("docs/integrators.md")
# Below an item; the text tells of them.
DEEDS = ("/raw", "/cancel", "/entries", "/accruals", "/spends", "/reversals", "/holds", "/confirm", "/void")
CARD = "4000123412341234"


def requests() -> list[list[str]]:
    lines = "".join(PAGE.blocks("sh")).splitlines()
    return [shlex.split(line) for line in lines if line.startswith("curl ")]


def test_every_request_that_is_shown_is_answered():
    _, password, token = add_account("ledger", "back_office")
    there = add_site("0042", name="Dallas", time_zone="America/Chicago")
    place_safe("SR10042", there)
    atms = atm_account("atms")
    add_atm("CU560572", atms, "0042")
    add_fault_code("CashAdd", atms, amounts=True)
    safepoint_account("safes")
    card(CARD, of=contact())
    reference = ""
    assert len(requests()) > 5
    for words in requests():
        headers, address, body, verb = {}, "", "", ""
        following = iter(words[2:])
        for word in following:
            if word == "-H":
                name, _, value = next(following).partition(": ")
                headers[name] = value.replace("$TOKEN", token)
            elif word == "-u":
                shown = next(following).replace("$PASSWORD", password)
                headers["Authorization"] = "Basic " + base64.b64encode(shown.encode()).decode()
            elif word == "-d":
                body = next(following)
            elif word == "-X":
                verb = next(following)
            else:
                address = (
                    word.removeprefix("http://127.0.0.1:8000").replace("$REFERENCE", reference).replace("$CARD", CARD)
                )
        verb = verb or ("POST" if body else "GET")
        kind = "application/x-www-form-urlencoded"
        answer = Client().generic(verb, address, body, content_type=kind, headers=headers)
        wanted = 200 if verb != "POST" else 202 if address.endswith("/cancel") else 201
        assert answer.status_code == wanted, (words, answer.content)
        if wanted == 201:
            reference = answer.json().get("reference", "")
        assert b"".join(answer)
        assert answer["Content-Type"].startswith(headers.get("Accept", "application/json"))


def test_the_error_that_is_shown_is_the_one_that_is_answered():
    _, _, token = add_account("ledger", "reader")
    answer = Client().get("/api/v1/transactions?business_date=today", headers={"Authorization": f"Token {token}"})
    *_, shown = (json.loads(block) for block in PAGE.blocks("json"))
    assert json.loads(answer.content) == shown


def test_the_entry_that_is_shown_has_what_entries_have():
    shown, _ = (json.loads(block) for block in PAGE.blocks("json"))
    schema = json.loads(Client().get("/api/schema/").content)["components"]["schemas"]["Entry"]
    assert set(shown) == set(schema["properties"])


def test_every_list_of_the_schema_is_told_of():
    told = {row[0].strip("`") for row in PAGE.table("list")} | {row[2].strip("`") for row in PAGE.table("list")}
    described = set(json.loads(Client().get("/api/schema/").content)["paths"])
    assert told == {path for path in described if path.startswith("/api/v1/") and not path.endswith(DEEDS)}
