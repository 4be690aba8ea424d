"""Guessing passwords: who was wrong too often waits and is told how long; nobody else does."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine
from axes.utils import reset
from django.core.management import call_command
from django.test import RequestFactory
from django.urls import reverse
from django.utils import timezone

from safes.sign_in import client_address
from tests.factories import PASSWORD, AdministratorFactory
from tests.staff import push
from transactions import endpoints

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _forgotten():
    reset()


@pytest.fixture
def user():
    user = AdministratorFactory.create()
    user.set_password(PASSWORD)
    user.save()
    return user


def log_in(client, name: str, password: str = PASSWORD, address: str = "192.0.2.1"):
    client.logout()
    return client.post(reverse("admin:login"), {"username": name, "password": password}, REMOTE_ADDR=address)


def lock(client, name: str, **more: str) -> None:
    answers = [log_in(client, name, "wrong", **more).status_code for _ in range(5)]
    assert answers == [200, 200, 200, 200, 429]


def test_the_fifth_wrong_password_in_a_row_is_told_how_long_to_wait(client, user):
    lock(client, user.username)
    refused = log_in(client, user.username)
    assert refused.status_code == 429
    assert "Wait 15 minutes, then log in again." in refused.content.decode()
    assert refused["Retry-After"] == "900"


def test_trying_meanwhile_makes_the_wait_no_longer(client, user):
    now = timezone.now()
    with time_machine.travel(now, tick=False) as clock:
        lock(client, user.username)
        clock.shift(600)
        assert "Wait 5 minutes" in log_in(client, user.username, "wrong").content.decode()
        clock.shift(301)
        assert log_in(client, user.username).status_code == 302


def test_the_same_account_from_elsewhere_and_others_from_there_still_log_in(client, user):
    lock(client, user.username)
    assert log_in(client, user.username, address="192.0.2.2").status_code == 302
    other = AdministratorFactory.create()
    other.set_password(PASSWORD)
    other.save()
    assert log_in(client, other.username).status_code == 302


def test_a_right_password_forgets_the_wrong_ones(client, user):
    for _ in range(3):
        for _ in range(4):
            assert log_in(client, user.username, "wrong").status_code == 200
        assert log_in(client, user.username).status_code == 302


def test_an_operator_ends_the_wait(client, user):
    lock(client, user.username)
    call_command("axes_reset_username", user.username)
    assert log_in(client, user.username).status_code == 302


def test_machine_paths_are_neither_counted_nor_stopped(client):
    endpoint, key = endpoints.add_endpoint("loomis")
    for _ in range(8):
        assert push(client, endpoint.name, "wrong") == 401
    lock(client, "loomis", address="127.0.0.1")
    assert push(client, endpoint.name, key) == 200


@pytest.mark.parametrize(
    ("proxies", "forwarded", "seen"),
    [
        (0, "198.51.100.9", "192.0.2.1"),
        (1, "198.51.100.9", "198.51.100.9"),
        (1, "203.0.113.5, 198.51.100.9", "198.51.100.9"),
        (2, "203.0.113.5, 198.51.100.9, 10.0.0.1", "198.51.100.9"),
        (2, "198.51.100.9", "192.0.2.1"),
        (1, "nonsense", "192.0.2.1"),
        (1, "", "192.0.2.1"),
        (1, "2001:db8::1", "2001:db8::1"),
    ],
)
def test_behind_proxies_the_address_is_the_one_our_outermost_proxy_saw(settings, proxies, forwarded, seen):
    settings.PROXY_COUNT = proxies
    request = RequestFactory().get("/", REMOTE_ADDR="192.0.2.1", headers={"X-Forwarded-For": forwarded})
    assert client_address(request) == seen


def test_the_address_cannot_be_chosen_by_whoever_guesses(settings, client, user):
    settings.PROXY_COUNT = 1
    for number in range(5):
        forged = {"HTTP_X_FORWARDED_FOR": f"203.0.113.{number}, 198.51.100.9"}
        last = client.post(reverse("admin:login"), {"username": user.username, "password": "wrong"}, **forged)
    assert last.status_code == 429


def spray(client, accounts: int, **more: str) -> list[int]:
    """One password tried at so many accounts, most of which do not exist."""
    return [log_in(client, f"somebody{number}", "Summer2026!", **more).status_code for number in range(accounts)]


def test_one_guess_at_many_accounts_stops_the_address_and_no_other(settings, client, user):
    settings.LOGIN_ACCOUNTS_LIMIT = 6
    assert spray(client, 6) == [200] * 5 + [429]
    refused = log_in(client, user.username)
    assert refused.status_code == 429
    assert "for too many accounts came from your network address. Wait 15 minutes" in refused.content.decode()
    assert log_in(client, user.username, address="192.0.2.2").status_code == 302


def test_an_office_behind_one_address_is_not_stopped_by_its_typos(client, user):
    """Fifteen people who mistype once and three who forgot theirs for good: the others get in, and count no more."""
    people = [AdministratorFactory.create() for _ in range(15)]
    for person in people:
        person.set_password(PASSWORD)
        person.save()
        assert log_in(client, person.username, "typo").status_code == 200
    for forgot in ("ann", "bob", "cid"):
        lock(client, forgot)
    for person in people:
        assert log_in(client, person.username).status_code == 302
    assert spray(client, 10) == [200] * 10
    assert log_in(client, user.username).status_code == 302


def test_an_address_that_was_stopped_may_try_again_when_the_first_of_its_accounts_is_forgotten(settings, client, user):
    settings.LOGIN_ACCOUNTS_LIMIT = 3
    now = timezone.now()
    with time_machine.travel(now, tick=False) as clock:
        spray(client, 1)
        clock.shift(300)
        assert log_in(client, "another", "x").status_code == 200
        assert log_in(client, "a third", "x").status_code == 429
        assert "Wait 10 minutes" in log_in(client, "a fourth", "x").content.decode()
        clock.shift(590)
        assert "Wait 1 minute," in log_in(client, user.username).content.decode()
        clock.shift(20)
        assert log_in(client, user.username).status_code == 302


def test_getting_into_one_account_does_not_free_an_address_to_go_on_guessing(settings, client, user):
    settings.LOGIN_ACCOUNTS_LIMIT = 6
    spray(client, 5)
    assert log_in(client, user.username).status_code == 302
    assert log_in(client, "yet another", "x").status_code == 429


def test_an_operator_frees_an_address(settings, client, user):
    settings.LOGIN_ACCOUNTS_LIMIT = 3
    spray(client, 3)
    call_command("axes_reset_ip", "192.0.2.1")
    assert log_in(client, user.username).status_code == 302


def test_no_address_is_stopped_where_nobody_wants_it(settings, client, user):
    settings.LOGIN_ACCOUNTS_LIMIT = 0
    assert spray(client, 30) == [200] * 30
    assert log_in(client, user.username).status_code == 302


def test_the_wait_is_a_setting(settings, client, user):
    settings.AXES_COOLOFF_TIME = dt.timedelta(minutes=1)
    lock(client, user.username)
    assert "Wait 1 minute, then" in log_in(client, user.username).content.decode()
