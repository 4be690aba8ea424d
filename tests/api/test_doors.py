"""Who may come in: machine accounts by token or password, by role, and nobody else by any way."""

from __future__ import annotations

import base64
from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import URLResolver, get_resolver
from django.urls.converters import IntConverter

from safes.models import MachineAccount
from safes.models.machine_account import Role
from tests.api.reader import Reader, problem
from tests.factories import AdministratorFactory

pytestmark = pytest.mark.django_db


def addresses(resolver: URLResolver, before: str = "/") -> Iterator[str]:
    """Every address below a resolver, its parameters filled in."""
    for entry in resolver.url_patterns:
        route = before + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from addresses(entry, route)
        elif "^" not in route:
            for name, converter in entry.pattern.converters.items():
                kind = "int" if isinstance(converter, IntConverter) else "str"
                route = route.replace(f"<{kind}:{name}>", "1")
            yield route


READ = sorted(address for address in addresses(get_resolver()) if address.startswith("/api/v1/"))
# Tills earn and spend bonuses; tests/loyalty/bonuses says who else does.
FOR_TILLS = {address for address in READ if address.startswith("/api/v1/cards/1/")} - {"/api/v1/cards/1/"}


def basic(username: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()


def test_the_sweep_sees_every_address():
    assert (len(READ), len(FOR_TILLS)) == (70, 14)
    assert {"/api/v1/transactions", "/api/v1/transactions/", "/api/v1/deliveries/1/raw/"} <= set(READ)


@pytest.mark.parametrize("address", [*READ, "/api/v1/", "/api/v1/nothing"])
def test_nobody_comes_in_unknown(client, address):
    for method in ("GET", "HEAD", "POST", "DELETE"):
        answer = client.generic(method, address)
        assert answer.status_code == 401
        assert answer["Content-Type"] == "application/problem+json"
        assert answer["WWW-Authenticate"].startswith("Token ")
        assert "Basic " in answer["WWW-Authenticate"]


@pytest.mark.parametrize("address", READ)
def test_nobody_comes_in_by_a_session(address):
    client = Client()
    client.force_login(AdministratorFactory.create())
    problem(client.get(address), 401)


@pytest.mark.parametrize("role", sorted(set(Role.values) - {"reader", "back_office", "administrator"}))
def test_other_roles_do_not_read(role):
    asker = Reader(role)
    for address in set(READ) - FOR_TILLS:
        problem(asker.ask(address), 403)
    for address in FOR_TILLS:
        problem(asker.ask(address), 404 if "entries" in address else 405)


@pytest.mark.parametrize("role", ["reader", "back_office", "administrator"])
def test_these_roles_read(role):
    assert Reader(role).rows("transactions") == []


def test_a_password_is_as_good_as_a_token(reader, client):
    for username in ("ledger", "LEDGER"):
        shown = {"Authorization": basic(username, reader.password)}
        assert client.get("/api/v1/sites", headers=shown).status_code == 200


@pytest.mark.parametrize("scheme", ["token", "TOKEN", "Token "])
def test_the_case_of_the_scheme_does_not_count(reader, client, scheme):
    shown = {"Authorization": f"{scheme} {reader.token}"}
    assert client.get("/api/v1/sites", headers=shown).status_code == 200


def test_what_is_not_right_is_refused(reader, client):
    reader.rows("sites")
    password, token = reader.password, reader.token
    for shown in (
        "", "Token", "Token ", f"Token {token}x", f"Token {token[:-1]}", f"Token {password}", f"Bearer {token}", token,
        "Basic", "Basic !", "Basic bGVkZ2Vy", "Basic /zp4",  # no colon; no UTF-8
        basic("ledger", token), basic("ledger", password + "x"), basic("", password), basic("x\x00", password),
        basic("ledger ", password), "Digest username=ledger", "Token \xff\xfe",
    ):  # fmt: skip
        problem(client.get("/api/v1/sites", headers={"Authorization": shown}), 401)


def test_a_token_in_the_query_is_no_token(reader, client):
    problem(client.get(f"/api/v1/sites?token={reader.token}"), 401)


def test_an_inactive_account_is_turned_away(reader):
    MachineAccount.objects.update(active=False)
    problem(reader.ask("sites"), 401)


def test_no_cookie_is_set(reader):
    assert not reader.ask("sites").cookies


def test_coming_in_is_one_query(reader, django_assert_num_queries):
    reader.rows("sites")
    with django_assert_num_queries(2):
        reader.rows("sites")
