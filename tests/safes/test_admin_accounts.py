"""Machine accounts in the staff site: token and password are on the page that answers their making, and no other."""

from __future__ import annotations

import base64
import datetime as dt
import re

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from safes.accounts import SCOPES, account_of_password, account_of_token, add_account
from safes.keys import issue_key, live_keys, live_now, newest_key_id
from safes.models import MachineAccount, MachineKey
from tests.factories import AdministratorFactory, UserFactory
from tests.staff import everything_in_the_database, page
from transactions.endpoints import add_endpoint

pytestmark = pytest.mark.django_db

TOKEN, PASSWORD = MachineKey.Scope.ACCOUNT_TOKEN, MachineKey.Scope.ACCOUNT_PASSWORD


@pytest.fixture
def staff(client):
    client.force_login(AdministratorFactory.create(username="olga"))
    return client


def keys_on(response) -> dict[str, str]:
    return dict(re.findall(r"<dt[^>]*>(\w+)</dt><dd><code[^>]*>([\w-]{43})</code>", response.content.decode()))


def change(staff, account: MachineAccount, **chosen: object):
    form = {"which": TOKEN, "overlap": "48", "newest_known": newest_key_id(SCOPES, account.pk), **chosen}
    return staff.post(page(MachineAccount, "rotate", account.pk), form)


def test_a_new_account_answers_with_its_token_and_password_once(staff):
    response = staff.post(page(MachineAccount, "add"), {"username": "erp", "role": "reader"})
    assert "no-store" in response["Cache-Control"]
    keys = keys_on(response)
    assert set(keys) == {"Token", "Password"}
    assert (
        account_of_token(keys["Token"]) == account_of_password("ERP", keys["Password"]) == MachineAccount.objects.get()
    )
    pages = [
        staff.get(page(MachineAccount, "change", MachineAccount.objects.get().pk)),
        staff.get(page(MachineAccount, "history", MachineAccount.objects.get().pk)),
        staff.get(page(MachineAccount, "changelist")),
        staff.post(page(MachineAccount, "add"), {"username": "erp", "role": "reader"}),
    ]
    for key in keys.values():
        assert all(key not in shown.content.decode() for shown in pages)
        assert key not in everything_in_the_database()
    assert MachineAccount.objects.count() == 1


@pytest.mark.parametrize("form", [{"username": "a b"}, {"role": "king"}, {"username": "TAKEN"}, {"username": ""}])
def test_an_account_that_cannot_be_is_refused_on_the_form(staff, form):
    add_account("taken", "reader")
    response = staff.post(page(MachineAccount, "add"), {"username": "erp", "role": "reader", **form})
    assert response.status_code == 200
    assert not keys_on(response)
    assert MachineAccount.objects.count() == 1


def test_a_changed_token_overlaps_with_the_old_one_and_leaves_the_password_alone(staff):
    account, password, old = add_account("erp", "reader")
    (new,) = keys_on(change(staff, account)).values()
    assert account_of_token(new) == account_of_token(old) == account_of_password("erp", password) == account
    copy = account.history.first()
    assert (copy.history_user.username, copy.history_change_reason[:36]) == (
        "olga",
        "token changed; those before it work ",
    )
    assert new not in everything_in_the_database()


def test_a_leaked_password_ends_at_once_and_the_token_goes_on(staff):
    account, password, token = add_account("erp", "reader")
    (new,) = keys_on(change(staff, account, which=PASSWORD, overlap="0")).values()
    assert account_of_password("erp", password) is None
    assert account_of_password("erp", new) == account_of_token(token) == account


def test_a_form_that_is_sent_again_changes_nothing_again(staff):
    account, _, _ = add_account("erp", "reader")
    seen = newest_key_id(SCOPES, account.pk)
    change(staff, account, newest_known=seen)
    again = change(staff, account, newest_known=seen)
    assert "was changed since this page was opened" in again.content.decode()
    assert MachineKey.objects.count() == 3


def test_an_inactive_account_is_answered_401_and_can_be_made_active_again(staff, client):
    account, password, token = add_account("erp", "reader")
    basic = base64.b64encode(f"erp:{password}".encode()).decode()
    for form, status in (({}, 401), ({"active": "on"}, 200)):
        staff.post(page(MachineAccount, "change", account.pk), {"role": "reader", "username": "else", **form})
        for shown in (f"Token {token}", f"Basic {basic}"):
            assert client.get("/api/v1/sites", headers={"Authorization": shown}).status_code == status
    account.refresh_from_db()
    assert (account.username, account.active) == ("erp", True)
    assert staff.post(page(MachineAccount, "delete", account.pk), {"post": "yes"}).status_code == 403


def test_the_list_says_when_an_account_was_last_used_and_how_many_keys_of_it_live(staff, django_assert_max_num_queries):
    add_account("never", "reader")
    used, _, token = add_account("used", "reader")
    add_endpoint("loomis")  # its key has the id of an account for its holder
    change(staff, used)
    account_of_token(token)
    with django_assert_max_num_queries(15):
        shown = staff.get(page(MachineAccount, "changelist")).context["cl"]
    said = {row.username: (shown.model_admin.last_used(row), shown.model_admin.live(row)) for row in shown.result_list}
    assert said == {"never": ("never", 2), "used": ("just now", 3)}
    page_of_it = staff.get(page(MachineAccount, "change", used.pk)).content.decode()
    assert page_of_it.count(">live<") == 2
    assert page_of_it.count(">lapsing<") == 1


def test_keys_counted_in_a_list_are_those_that_open_the_door():
    now = timezone.now()
    for holder, (lapses, at_once, newer_used) in enumerate(
        (hours, once, used) for hours in (None, -1, 1) for once in (False, True) for used in (False, True)
    ):
        old, _ = issue_key(TOKEN, holder)
        old.created_at -= dt.timedelta(days=1)
        old.lapses_at = None if lapses is None else now + dt.timedelta(hours=lapses)
        old.lapses_at_once = at_once
        old.save()
        newer, _ = issue_key(TOKEN, holder)
        newer.first_used_at = now if newer_used else None
        newer.save()
        issue_key(PASSWORD, holder)
        for scope in SCOPES:
            keys = MachineKey.objects.filter(scope=scope, holder=holder)
            counted = live_now(now).filter(scope=scope, holder=holder)
            assert {key.pk for key in live_keys(keys, now)} == {key.pk for key in counted}


def test_who_looks_after_connections_makes_accounts_and_an_auditor_looks_at_them(client):
    account, _, _ = add_account("erp", "reader")
    auditor, integration = UserFactory.create(), UserFactory.create()
    auditor.groups.add(Group.objects.get(name="Auditor"))
    integration.groups.add(Group.objects.get(name="Integration admin"))
    client.force_login(auditor)
    assert client.get(page(MachineAccount, "change", account.pk)).status_code == 200
    assert client.get(page(MachineAccount, "history", account.pk)).status_code == 200
    assert change(client, account).status_code == 403
    client.force_login(integration)
    assert keys_on(change(client, account))
