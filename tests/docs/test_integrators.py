"""What docs/integrators.md shows is what happens: its requests are made, its error is the one that is answered."""

from __future__ import annotations

import base64
import json
import shlex

import pytest
from django.test import Client

from safes.accounts import add_account
from safes.estate import add_site
from tests.docs.pages import page

pytestmark = pytest.mark.django_db

PAGE = page("docs/integrators.md")


def requests() -> list[list[str]]:
    lines = "".join(PAGE.blocks("sh")).splitlines()
    return [shlex.split(line) for line in lines if line.startswith("curl ")]


def test_every_request_that_is_shown_is_answered():
    _, password, token = add_account("ledger", "back_office")
    add_site("0042", name="Dallas", time_zone="America/Chicago")
    assert len(requests()) > 5
    for words in requests():
        headers, address, body = {}, "", ""
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
            else:
                address = word.removeprefix("http://127.0.0.1:8000")
        if body:
            answer = Client().post(address, body, content_type="application/x-www-form-urlencoded", headers=headers)
        else:
            answer = Client().get(address, headers=headers)
        assert answer.status_code == (201 if body else 200), words
        assert b"".join(answer)
        assert answer["Content-Type"].startswith(headers.get("Accept", "application/json"))


def test_the_error_that_is_shown_is_the_one_that_is_answered():
    _, _, token = add_account("ledger", "reader")
    answer = Client().get("/api/v1/transactions?business_date=today", headers={"Authorization": f"Token {token}"})
    (shown,) = (json.loads(block) for block in PAGE.blocks("json"))
    assert json.loads(answer.content) == shown


def test_every_list_of_the_schema_is_told_of():
    told = {row[0].strip("`") for row in PAGE.table("list")} | {row[2].strip("`") for row in PAGE.table("list")}
    described = set(json.loads(Client().get("/api/schema/").content)["paths"])
    assert told == {path for path in described if path.startswith("/api/v1/") and not path.endswith("/raw")}
