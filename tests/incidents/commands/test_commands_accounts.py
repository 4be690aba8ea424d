"""add_loomis_account and rotate_update_key: secrets shown once or sealed, and refusals that say what to do."""

from __future__ import annotations

import datetime as dt
import io
import json
import logging
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone

from incidents.arranging import SCOPE
from incidents.models import LoomisAccount
from safes.keys import live_keys, match_key
from safes.models import MachineKey
from safes.sealing import unseal
from tests.staff import everything_in_the_database

pytestmark = pytest.mark.django_db

NEEDED = ("--dialect", "atm", "--customer-number", "1234567", "--dispatch-url", "https://loomis.example/incidents")
FILES = ("--dialect", "atm", "--customer-number", "7", "--bank-name", "ExampleBank", "--dispatch-url")


def answer(*arguments: str) -> Any:
    out = io.StringIO()
    call_command(*arguments, "--json", stdout=out)
    return json.loads(out.getvalue())


def is_live(key: str) -> bool:
    keys = live_keys(MachineKey.objects.filter(scope=SCOPE), timezone.now())
    return match_key(keys, [key]) is not None


def test_an_account_answers_with_what_loomis_must_be_told(settings):
    settings.PUBLIC_URL = "https://cash.example"
    said = answer("add_loomis_account", "atms", *NEEDED)
    assert set(said) == {"account", "update_url", "update_key"}
    assert said["account"] == "atms"
    assert said["update_url"] == "https://cash.example/api/loomis/incidents/atms"
    assert is_live(said["update_key"])


def test_everything_arranged_with_loomis_is_kept():
    answer(
        "add_loomis_account", "safes", "--dialect", "safepoint", "--customer-number", "A123456", "--dispatch-url",
        "https://loomis.example/sp", "--auth-header", "X-Api-Key", "--auth-value", "s3cret", "--service-provider",
        "SP1", "--acknowledge-minutes", "5", "--notify", "a@shop.example, b@shop.example", "--key-name", "ApiKey",
    )  # fmt: skip
    account = LoomisAccount.objects.get()
    assert (account.dialect, account.transport, account.customer_number) == ("safepoint", "http", "A123456")
    assert (account.auth_header, unseal(account.sealed_credential)) == ("X-Api-Key", "s3cret")
    assert (account.service_provider, account.key_name) == ("SP1", "ApiKey")
    assert account.acknowledge_within == dt.timedelta(minutes=5)


def test_the_password_of_an_sftp_url_is_taken_out_of_it_and_sealed():
    answer("add_loomis_account", "files", *FILES, "sftp://bank:p%40ss@files.loomis.example:2222/home")
    account = LoomisAccount.objects.get()
    assert account.dispatch_url == "sftp://bank@files.loomis.example:2222/home"
    assert (account.transport, unseal(account.sealed_credential)) == ("sftp", "p@ss")


@pytest.mark.parametrize(
    ("rest", "variable"),
    [
        ((*NEEDED, "--auth-header", "X-Key", "--auth-value-env", "LOOMIS_SECRET"), "LOOMIS_SECRET"),
        ((*FILES, "sftp://bank@host/", "--transport", "sftp", "--password-env", "LOOMIS_SECRET"), "LOOMIS_SECRET"),
    ],
)
def test_a_secret_can_come_from_the_environment_and_is_not_needed_there_later(rest, variable, monkeypatch):
    monkeypatch.setenv(variable, "from the environment")
    answer("add_loomis_account", "main", *rest)
    monkeypatch.delenv(variable)
    assert unseal(LoomisAccount.objects.get().sealed_credential) == "from the environment"


def test_secrets_are_nowhere_in_the_database_and_in_no_log(caplog):
    caplog.set_level(logging.DEBUG)
    said = answer("add_loomis_account", "a", *NEEDED, "--auth-header", "X-Key", "--auth-value", "a-very-secret-one")
    newer = answer("rotate_update_key", "a")["update_key"]
    stored = everything_in_the_database()
    for secret in ("a-very-secret-one", said["update_key"], newer):
        assert secret not in stored
        assert secret not in caplog.text


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["main", *NEEDED], "already"),
        (["a b", *NEEDED], "Letters, digits"),
        (["new", *NEEDED, "--dialect", "teller"], "teller"),
        (["new", *NEEDED[:4], "--dispatch-url", "http://loomis.example/"], "https://"),
        (["new", *NEEDED[:4], "--dispatch-url", "ftp://loomis.example/"], "https://"),
        (["new", *NEEDED[:4], "--dispatch-url", "https://me:pw@loomis.example/"], "password"),
        (["new", *NEEDED, "--transport", "sftp"], "sftp://"),
        (["new", *NEEDED, "--auth-value", "x"], "--auth-header"),
        (["new", *NEEDED, "--auth-header", "X-Key"], "--auth-value"),
        (["new", *NEEDED, "--auth-header", "X-Key", "--auth-value", "a\nb"], "cannot be sent"),
        (["new", *NEEDED, "--auth-header", "X Key", "--auth-value", "a"], "HTTP header"),
        (["new", *NEEDED, "--auth-header", "X-Key", "--auth-value-env", "NO_SUCH_VARIABLE"], "NO_SUCH_VARIABLE"),
        (["new", *NEEDED, "--password", "x"], "--password"),
        (["new", *NEEDED, "--acknowledge-minutes", "0"], "cknowledge"),
        (["new", *NEEDED, "--notify", "nobody"], "e-?mail"),
        (["new", *FILES, "sftp://host/"], "user"),
        (["new", *FILES, "sftp://me:pw@host/", "--password", "pw"], "twice"),
        (["new", *FILES, "sftp://me@host/", "--host-key", "no key"], "key"),
        (["new", *FILES[:4], "--dispatch-url", "sftp://me@host/"], "Bank name"),
        (["new", "--dialect", "safepoint", *FILES[2:], "sftp://me@host/"], "HTTP"),
        (["new", "--dialect", "atm", "--customer-number", "1"], "dispatch-url"),
    ],
)
def test_an_account_that_cannot_be_is_refused_with_a_sentence(arguments, word):
    answer("add_loomis_account", "main", *NEEDED)
    with pytest.raises(CommandError, match=word):
        call_command("add_loomis_account", *arguments)
    assert LoomisAccount.objects.count() == 1


def test_a_new_key_works_beside_the_old_one_until_the_overlap_ends():
    with time_machine.travel(dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC), tick=False):
        old = answer("add_loomis_account", "main", *NEEDED)["update_key"]
        said = answer("rotate_update_key", "main", "--overlap", "2")
        assert said == {"account": "main", "update_key": said["update_key"], "old_key_until": "2026-11-21T14:00:00Z"}
        assert is_live(old)
        assert is_live(said["update_key"])
        at_once = answer("rotate_update_key", "main", "--overlap", "0")["update_key"]
        assert not is_live(old)
        assert is_live(at_once)


@pytest.mark.parametrize(
    ("arguments", "word"), [(["nowhere"], "no Loomis account nowhere"), (["m", "--overlap=nan"], "year")]
)
def test_a_key_of_nothing_and_an_overlap_of_no_length_are_sentences(arguments, word):
    answer("add_loomis_account", "m", *NEEDED)
    with pytest.raises(CommandError, match=word):
        call_command("rotate_update_key", *arguments)
    assert MachineKey.objects.count() == 1
