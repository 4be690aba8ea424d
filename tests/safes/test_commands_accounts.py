"""rotate_api_key: one of an account's two secrets is changed, and the one before it lives as long as was promised."""

from __future__ import annotations

import datetime as dt
import io
import json
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone

from safes.accounts import account_of_password, account_of_token, add_account
from tests.staff import everything_in_the_database

pytestmark = pytest.mark.django_db


def answer(*arguments: str) -> Any:
    out = io.StringIO()
    call_command("rotate_api_key", *arguments, "--json", stdout=out)
    return json.loads(out.getvalue())


def test_a_new_password_is_shown_once_and_the_token_goes_on():
    account, password, token = add_account("till-7", "till")
    said = answer("TILL-7", "--which", "password")
    assert set(said) == {"username", "password", "old_key_until"}
    assert account_of_password("till-7", said["password"]) == account
    assert account_of_password("till-7", password) == account, "until the overlap has ended"
    assert account_of_token(token) == account
    assert said["password"] not in everything_in_the_database()
    with time_machine.travel(timezone.now() + dt.timedelta(hours=49), tick=False):
        assert account_of_password("till-7", password) is None
        assert account_of_password("till-7", said["password"]) == account


def test_without_an_overlap_the_old_token_ends_at_once():
    account, password, token = add_account("till-7", "till")
    said = answer("till-7", "--which", "token", "--overlap", "0")
    assert account_of_token(token) is None
    assert account_of_token(said["token"]) == account
    assert account_of_password("till-7", password) == account


def test_a_person_is_told_what_it_is_and_of_whom(capsys):
    add_account("till-7", "till")
    call_command("rotate_api_key", "till-7", "--which", "token")
    assert "The new token of till-7, shown this once" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("nobody", "--which", "token"), "add_api_user"),
        (("till-7", "--which", "token", "--overlap", "-1"), "8760"),
    ],
)
def test_what_cannot_be_done_is_said(arguments, word):
    add_account("till-7", "till")
    with pytest.raises(CommandError, match=word):
        answer(*arguments)
