"""add_push_endpoint and rotate_push_key: keys shown once, and old ones that live as long as they were promised."""

from __future__ import annotations

import datetime as dt
import io
import json
import os
import subprocess
import sys
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection

from safes.models import MachineKey
from tests.factories import PushEndpointFactory
from tests.staff import everything_in_the_database, push
from transactions.models import PushEndpoint

pytestmark = pytest.mark.django_db


def answer(*arguments: str) -> Any:
    out = io.StringIO()
    call_command(*arguments, "--json", stdout=out)
    return json.loads(out.getvalue())


def test_an_endpoint_answers_with_what_loomis_must_be_told(settings, client):
    settings.PUBLIC_URL = "https://cash.example"
    said = answer("add_push_endpoint", "main")
    assert {name: said[name] for name in ("endpoint", "url", "key_name", "placement")} == {
        "endpoint": "main",
        "url": "https://cash.example/api/loomis/transactions/main",
        "key_name": "Authorization",
        "placement": "header",
    }
    assert push(client, "main", said["key"]) == 200
    assert push(client, "main", said["key"] + "x") == 401


def test_everything_arranged_with_loomis_is_kept():
    answer(
        "add_push_endpoint", "other", "--key-name", "ApiKey", "--placement", "metadata", "--environment", "test",
        "--types", "CashIn, Servicing", "--metadata", "Country=US", "Chain=A=B", "--batch-limit", "500",
        "--max-body-bytes", "100000",
    )  # fmt: skip
    endpoint = PushEndpoint.objects.get()
    assert (endpoint.key_name, endpoint.placement, endpoint.environment) == ("ApiKey", "metadata", "test")
    assert endpoint.types == ["CashIn", "Servicing"]
    assert endpoint.expected_metadata == {"Country": "US", "Chain": "A=B"}
    assert (endpoint.batch_limit, endpoint.max_body_bytes) == (500, 100_000)


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["main"], "already"),
        (["a b"], "Letters, digits"),
        (["new", "--types", "Cash"], "Cash"),
        (["new", "--metadata", "Country"], "NAME=VALUE"),
        (["new", "--placement", "cookie"], "cookie"),
        (["new", "--batch-limit", "many"], "many"),
        (["new", "--batch-limit", "-1"], "Batch limit"),
    ],
)
def test_an_endpoint_that_cannot_be_is_refused_with_a_sentence(arguments, word):
    PushEndpointFactory.create(name="main")
    with pytest.raises(CommandError, match=word):
        call_command("add_push_endpoint", *arguments)
    assert PushEndpoint.objects.count() == 1


def test_a_key_that_was_shown_is_nowhere_in_the_database_and_in_no_log(capfd, client):
    key = answer("add_push_endpoint", "main")["key"]
    newer = answer("rotate_push_key", "main")["key"]
    assert push(client, "main", key) == push(client, "main", newer) == 200
    stored = everything_in_the_database()
    logged = "".join(capfd.readouterr())
    for secret in (key, newer):
        assert secret not in stored
        assert secret not in logged


def test_with_an_overlap_the_old_key_lives_until_it_ends_and_the_new_one_was_used(client):
    with time_machine.travel(dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC), tick=False) as clock:
        old = answer("add_push_endpoint", "main")["key"]
        clock.shift(60)
        said = answer("rotate_push_key", "main", "--overlap", "2")
        assert said == {"endpoint": "main", "key": said["key"], "old_key_until": "2026-11-21T14:01:00Z"}
        clock.shift(dt.timedelta(hours=1))
        assert push(client, "main", old) == 200, "within the overlap"
        clock.shift(dt.timedelta(hours=30))
        assert push(client, "main", old) == 200, "the new one was never used: Loomis may not have switched"
        assert push(client, "main", said["key"]) == 200
        assert push(client, "main", old) == 401, "the overlap is over and the new one is in use"


def test_a_new_key_in_use_does_not_end_the_overlap_early(client):
    old = answer("add_push_endpoint", "main")["key"]
    new = answer("rotate_push_key", "main")["key"]
    assert push(client, "main", new) == 200
    assert push(client, "main", old) == 200


def test_the_overlap_is_two_days_unless_said_otherwise():
    answer("add_push_endpoint", "main")
    before = dt.datetime.now(dt.UTC)
    until = dt.datetime.fromisoformat(answer("rotate_push_key", "main")["old_key_until"])
    assert dt.timedelta(hours=47, minutes=59) < until - before < dt.timedelta(hours=48, minutes=1)


def test_without_an_overlap_the_old_key_lapses_at_once(client):
    old = answer("add_push_endpoint", "main")["key"]
    new = answer("rotate_push_key", "main", "--overlap", "0")["key"]
    assert push(client, "main", old) == 401
    assert push(client, "main", new) == 200


@pytest.mark.parametrize("overlap", ["-1", "nan", "inf", "9000", "soon"])
def test_an_overlap_that_makes_no_sense_changes_no_key(overlap):
    answer("add_push_endpoint", "main")
    with pytest.raises(CommandError):
        call_command("rotate_push_key", "main", f"--overlap={overlap}")
    assert MachineKey.objects.get().lapses_at is None


def test_an_unknown_endpoint_is_a_sentence():
    with pytest.raises(CommandError, match="There is no endpoint nowhere"):
        call_command("rotate_push_key", "nowhere")


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """manage.py as an operator runs it, on the tests' database."""
    own = connection.settings_dict
    url = f"postgresql://{own['USER']}:{own['PASSWORD']}@/{own['NAME']}?host={own['HOST']}"
    environment = {**os.environ, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "config.settings.test", "PORT": "8123"}
    return subprocess.run(
        [sys.executable, "manage.py", *arguments], env=environment, capture_output=True, text=True, timeout=60
    )


@pytest.mark.django_db(transaction=True)
def test_a_command_in_a_process_of_its_own_prints_one_json_object_and_nothing_else_on_stdout():
    done = run("add_push_endpoint", "main", "--json")
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["url"] == "http://127.0.0.1:8123/api/loomis/transactions/main"
    assert said["key"] not in done.stderr
    assert PushEndpoint.objects.get().name == "main"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "arguments",
    [["rotate_push_key", "nowhere"], ["add_push_endpoint", "main", "--placement", "cookie"], ["purge"], ["add_safe"]],
)
def test_an_error_in_a_process_of_its_own_is_a_sentence_and_exit_1(arguments):
    done = run(*arguments, "--json")
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("Error: ")
    assert "Traceback" not in done.stderr
