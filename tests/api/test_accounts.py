"""Machine accounts: add_api_user shows secrets once, and an account is known by them and nothing else."""

from __future__ import annotations

import datetime as dt
import io
import json
from typing import Any

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone

from safes.accounts import account_of_password, account_of_token, add_account
from safes.keys import rotate_key
from safes.models import MachineAccount, MachineKey
from safes.models.machine_account import Role
from tests.staff import everything_in_the_database

pytestmark = pytest.mark.django_db


def answer(*arguments: str) -> Any:
    out = io.StringIO()
    call_command("add_api_user", *arguments, "--json", stdout=out)
    return json.loads(out.getvalue())


def test_the_command_answers_with_a_name_a_password_and_a_token():
    said = answer("ledger", "--role", "reader")
    assert set(said) == {"username", "password", "token"}
    assert said["username"] == "ledger"
    by_token, by_password = account_of_token(said["token"]), account_of_password("ledger", said["password"])
    assert by_token is not None
    assert by_token == by_password
    assert by_token.role == Role.READER


def test_a_person_is_told_what_to_give_to_whom(capsys):
    call_command("add_api_user", "till-7", "--role", "till")
    said = capsys.readouterr().out
    assert "Authorization: Token" in said
    assert "kept nowhere" in said


def test_no_secret_is_stored():
    said = answer("ledger", "--role", "reader")
    stored = everything_in_the_database()
    assert said["password"] not in stored
    assert said["token"] not in stored


def test_secrets_are_256_bits_each_and_differ():
    said = answer("ledger", "--role", "reader")
    assert len(said["password"]) == len(said["token"]) == 43  # 32 bytes in base64
    assert said["password"] != said["token"]


@pytest.mark.parametrize("again", ["ledger", "LEDGER"])
def test_a_name_is_given_once_whatever_its_case(again):
    answer("ledger", "--role", "reader")
    with pytest.raises(CommandError, match=f"There is an account {again} already"):
        answer(again, "--role", "till")
    assert MachineAccount.objects.count() == 1
    assert MachineKey.objects.count() == 2


@pytest.mark.parametrize("role", list(Role.values))
def test_every_role_of_the_contract_can_be_given(role):
    answer("ledger", "--role", role)
    assert MachineAccount.objects.get().role == role


def test_a_role_nobody_knows_is_refused():
    with pytest.raises(CommandError, match="king"):
        answer("ledger", "--role", "king")


@pytest.mark.parametrize("name", ["", "two words", "colon:inside", "ünïcode", "x" * 101])
def test_a_name_that_cannot_travel_is_refused(name):
    with pytest.raises((CommandError, ValidationError)):
        add_account(name, "reader")


def test_a_password_is_no_token_and_a_token_no_password():
    _, password, token = add_account("ledger", "reader")
    assert account_of_token(password) is None
    assert account_of_password("ledger", token) is None


def test_an_account_is_known_by_its_own_secrets_alone():
    _, password, _ = add_account("ledger", "reader")
    add_account("bank", "reader")
    assert account_of_password("LEDGER", password) == MachineAccount.objects.get(username="ledger")
    assert account_of_password("bank", password) is None
    assert account_of_password("nobody", password) is None
    assert account_of_password("led\x00ger", password) is None


def test_an_inactive_account_is_not_known():
    account, password, token = add_account("ledger", "reader")
    MachineAccount.objects.filter(pk=account.pk).update(active=False)
    assert account_of_token(token) is None
    assert account_of_password("ledger", password) is None


def test_knowing_an_account_is_one_query(django_assert_num_queries):
    _, password, token = add_account("ledger", "reader")
    account_of_token(token), account_of_password("ledger", password)
    with django_assert_num_queries(1):
        account_of_token(token)
    with django_assert_num_queries(1):
        account_of_password("ledger", password)


def test_use_is_noted_to_the_minute():
    account, _, token = add_account("ledger", "reader")
    key = MachineKey.objects.get(scope=MachineKey.Scope.ACCOUNT_TOKEN, holder=account.pk)
    start = timezone.now() + dt.timedelta(hours=1)
    used = []
    for seconds in (0, 59, 61):
        with time_machine.travel(start + dt.timedelta(seconds=seconds), tick=False):
            account_of_token(token)
        key.refresh_from_db()
        used.append(key.last_used_at)
    assert used == [start, start, start + dt.timedelta(seconds=61)]


def test_after_a_rotation_the_old_token_works_until_the_overlap_ends_and_the_new_one_was_used():
    account, _, old = add_account("ledger", "reader")
    new, until = rotate_key(MachineKey.Scope.ACCOUNT_TOKEN, account.pk, dt.timedelta(hours=1))
    with time_machine.travel(until + dt.timedelta(minutes=1)):
        assert account_of_token(old) == account
        assert account_of_token(new) == account
        assert account_of_token(old) is None


def test_a_rotation_at_once_ends_the_old_token():
    account, password, old = add_account("ledger", "reader")
    new, _ = rotate_key(MachineKey.Scope.ACCOUNT_TOKEN, account.pk, dt.timedelta(0))
    assert account_of_token(old) is None
    assert account_of_token(new) == account
    assert account_of_password("ledger", password) == account
