"""Who is let in: machine accounts of tills and card roles, by Basic or by token, by any key that still lives."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine
from django.test import Client

from safes import accounts
from safes.models import MachineKey
from safes.models.machine_account import Role
from tests.factories import AdministratorFactory
from tests.loyalty.door.till import Till, basic, key
from tests.loyalty.making import NUMBER, card, contact

pytestmark = pytest.mark.django_db

BALANCE = f"/api/card/balance/by/{NUMBER}"
NO_CARDS = {Role.READER, Role.BACK_OFFICE}
DOORS = [("GET", BALANCE), ("GET", "/api/card/issue"), ("POST", "/api/card/block"), ("POST", "/api/card/bindto")]


@pytest.fixture
def till(db: None) -> Till:
    card(of=contact())
    return Till()


@pytest.mark.parametrize(("method", "path"), DOORS)
@pytest.mark.parametrize(
    "shown", ["", "Basic", "Basic !", "Basic YQ==", "Basic /w==", "Token", "Token x", "Bearer x", "Negotiate YQ==", "ÿ"]
)
def test_nobody_comes_in_unknown(till, client, method, path, shown):
    answer = client.generic(method, path, headers={"Authorization": shown} if shown else {})
    assert key(answer, 401) == "Unauthorized"
    assert answer["WWW-Authenticate"].startswith('Basic realm="')
    assert "charset" in answer["WWW-Authenticate"]


def test_a_wrong_password_another_accounts_and_an_inactive_account_are_refused(till, client):
    other = Till("client")
    for name, password in ((till.account.username, "x"), (till.account.username, other.password), ("x", "x")):
        answer = client.get(BALANCE, headers={"Authorization": basic(name, password)})
        assert key(answer, 401) == "Unauthorized"
    till.account.active = False
    accounts.save(till.account)
    assert key(till.get(BALANCE), 401) == "Unauthorized"


def test_a_session_opens_nothing(till):
    browser = Client()
    browser.force_login(AdministratorFactory.create())
    assert key(browser.get(BALANCE), 401) == "Unauthorized"


def test_a_token_is_as_good_as_a_password_and_no_cookie_is_set(till, client):
    for shown in (f"Token {till.token}", f"token  {till.token}", basic("TILL", till.password)):
        answer = client.get(BALANCE, headers={"Authorization": shown})
        assert key(answer) == "OK"
        assert not answer.cookies


@pytest.mark.parametrize("role", sorted(NO_CARDS))
@pytest.mark.parametrize(("method", "path"), DOORS)
def test_roles_of_the_back_office_are_refused_before_their_parameters_are_read(role, method, path):
    assert key(Till(role).ask(method, path, b"["), 403) == "Forbidden"


@pytest.mark.parametrize("role", sorted(set(Role.values) - NO_CARDS))
def test_all_others_ask_issue_bind_and_activate(role):
    card(of=contact())
    asker = Till(role)
    assert key(asker.get(BALANCE)) == "OK"
    assert key(asker.get(f"active?Number={NUMBER}")) == "OK"
    assert key(asker.post("bindto")) == "RequiredParameterNotSpecified"


def test_the_old_password_goes_on_until_the_overlap_ends_and_the_new_one_is_used(till, client):
    scope = MachineKey.Scope.ACCOUNT_PASSWORD
    with time_machine.travel(dt.datetime(2031, 3, 3, 9, tzinfo=dt.UTC), tick=False) as clock:
        new, _ = accounts.rotate(till.account.pk, scope, dt.timedelta(hours=2))

        def ask(password: str) -> int:
            shown = {"Authorization": basic("till", password)}
            return int(client.get(BALANCE, headers=shown).status_code)

        assert ask(till.password) == 200
        clock.shift(dt.timedelta(hours=3))
        assert ask(till.password) == 200
        assert (ask(new), ask(till.password), ask(new)) == (200, 401, 200)


def test_last_use_is_remembered_to_the_minute(till):
    with time_machine.travel(dt.datetime(2031, 3, 3, 9, tzinfo=dt.UTC), tick=False) as clock:
        used = MachineKey.objects.filter(scope=MachineKey.Scope.ACCOUNT_PASSWORD, holder=till.account.pk)
        till.get(BALANCE)
        first = used.get().last_used_at
        assert first == dt.datetime(2031, 3, 3, 9, tzinfo=dt.UTC)
        clock.shift(dt.timedelta(seconds=30))
        till.get(BALANCE)
        assert used.get().last_used_at == first
        clock.shift(dt.timedelta(seconds=31))
        till.get(BALANCE)
        assert used.get().last_used_at == first + dt.timedelta(seconds=61)
