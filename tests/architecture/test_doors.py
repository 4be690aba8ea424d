"""Every door of the house: who has no key stays outside, whoever added the door."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission, User
from django.db.models import Model
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, resolve, reverse

from config.health import VIEWS
from safes.estate import place_safe
from safes.models import Finding, Safe, Site
from tests.factories import (
    AdministratorFactory,
    FindingFactory,
    PushEndpointFactory,
    RegisterFactory,
    SiteFactory,
    UserFactory,
    body_of,
    cash_in,
    deliver,
)
from tests.staff import page, rooms
from transactions.models import Delivery, PushEndpoint

pytestmark = pytest.mark.django_db

# Open to everybody, each with its reason. A new one needs a line here, and somebody who reads it.
OPEN_DOORS = {
    "": "leads to the staff site, which asks for a log-in",
    "admin/login/": "the log-in",
    "api/schema": "what integrators build on; it tells of no data (CONTRACT.md)",
    "api/schema/": "the same",
    "api/docs": "the same, for reading",
    "api/docs/": "the same, for reading",
}
# Answered ahead of the resolver, to probes from inside; they say how the house is, not what is in it.
PROBES = {"/healthz", "/readyz", "/metrics"}
CLOSED = (401, 403, 404, 405)
VERBS = ("get", "post", "put", "patch", "delete", "head", "options")


def doors(resolver: URLResolver | None = None, before: str = "") -> Iterator[tuple[str, URLPattern]]:
    for entry in (resolver or get_resolver()).url_patterns:
        route = before + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from doors(entry, route)
        else:
            yield route, entry


def filled(route: str) -> str:
    """An address that a route matches: ones for its parts, and for what a regular expression leaves open."""
    text = route.replace("(?:/(?P<rest>.*))?", "/1").replace("/?$", "")
    text = re.sub(r"\(\?P<\w+>[^()]*\)|<[^<>]*>", "1", text)
    return "/" + text.replace("^", "").replace("$", "").replace("\\Z", "")


ALL_DOORS = sorted({route for route, _ in doors()})


def test_the_sweep_sees_the_house_and_its_addresses_lead_there():
    assert len(ALL_DOORS) > 60
    for route, entry in doors():
        if not route.startswith("admin/") or entry.name:  # but for the staff site's own catch-all
            resolve(filled(route))
    assert resolve("/api/loomis/transactions/1").url_name == "push"


@pytest.mark.parametrize("route", [route for route in ALL_DOORS if route not in OPEN_DOORS])
def test_no_door_opens_without_credentials(client, route):
    for verb in VERBS:
        response = getattr(client, verb)(filled(route))
        to_log_in = response.status_code == 302 and response["Location"].startswith(reverse("admin:login"))
        logged_out = route == "admin/logout/" and response.status_code in (200, 302)
        assert response.status_code in CLOSED or to_log_in or logged_out, (verb, response.status_code)


def test_no_open_door_is_listed_that_is_not_there():
    wanted = {route for route in OPEN_DOORS if not route.startswith("api/")}
    assert wanted <= set(ALL_DOORS)


def test_only_probes_are_answered_ahead_of_the_doors():
    assert set(VIEWS) <= PROBES


MACHINE_DOORS = [route for route in ALL_DOORS if route.lstrip("^").startswith("api/") and route not in OPEN_DOORS]


@pytest.mark.parametrize("route", MACHINE_DOORS)
def test_no_machine_path_takes_a_session_for_a_key(route):
    """A superuser's browser, at a colleague's link: the cookie opens nothing."""
    browser = Client()
    browser.force_login(AdministratorFactory.create())
    PushEndpointFactory.create(name="1")
    for verb in ("get", "post", "put", "patch", "delete"):
        assert getattr(browser, verb)(filled(route)).status_code in CLOSED, verb


@pytest.fixture
def life():
    """A row for every room."""
    site = SiteFactory.create()
    place_safe("SR10042", site)
    RegisterFactory.create(site=site)
    FindingFactory.create()
    deliver(PushEndpointFactory.create(), body_of(cash_in(), cash_in(TransactionType="Logon", Amount=None)))


def acts() -> Iterator[tuple[str, str, list[str]]]:
    """Room, act and the permissions it names, of every act on a row and on marked rows."""
    for model, room in admin.site._registry.items():
        for name in (*(getattr(room, "actions_detail", None) or ()), *(getattr(room, "actions_row", None) or ())):
            if isinstance(name, str):
                named = getattr(getattr(room, name), "allowed_permissions", None) or []
                yield model._meta.label, name, list(named)


ACTS = sorted(acts())


def test_every_act_names_the_permission_it_needs():
    assert ACTS
    assert [(label, name) for label, name, named in ACTS if not named] == []


def test_every_act_on_marked_rows_names_the_permission_it_needs():
    unnamed = [
        (model._meta.label, act)
        for model, room in admin.site._registry.items()
        for act in room.actions or ()
        if not getattr(getattr(room, act) if isinstance(act, str) else act, "allowed_permissions", None)
    ]
    assert unnamed == []


def _row(label: str) -> tuple[type[Model], int]:
    model = next(model for model in rooms() if model._meta.label == label)
    return model, model._default_manager.values_list("pk", flat=True).first() or 1


@pytest.mark.parametrize(("label", "name", "named"), ACTS, ids=[f"{label}-{name}" for label, name, _ in ACTS])
def test_an_act_is_refused_without_its_permission_and_to_who_may_only_view(client, life, label, name, named):
    model, pk = _row(label)
    clerk = UserFactory.create()
    client.force_login(clerk)
    door = page(model, name, pk)
    assert {client.get(door).status_code, client.post(door, {}).status_code} == {403}
    clerk.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    may_look = named == ["view"]
    for response in (client.get(door), client.post(door, {})):
        assert (response.status_code != 403) if may_look else (response.status_code == 403)


def room_of(name: str | None) -> str | None:
    """The label of the room that a page of the staff site belongs to, by the page's name."""
    prefixes = {f"{model._meta.app_label}_{model._meta.model_name}_": model._meta.label for model in rooms()}
    return next((label for prefix, label in prefixes.items() if (name or "").startswith(prefix)), None)


PAGES_OF_ROOMS = sorted({str(entry.name) for route, entry in doors() if room_of(entry.name)})


@pytest.mark.parametrize("name", PAGES_OF_ROOMS)
def test_every_page_of_a_room_is_refused_to_staff_without_any_permission(client, life, name):
    """Also pages that a room adds beside Django's: imports, exports, downloads."""
    client.force_login(UserFactory.create())
    addresses = [filled(route) for route, entry in doors() if entry.name == name and route.startswith("admin/")]
    label = room_of(name)
    assert label is not None
    _model, pk = _row(label)
    for address in (address.replace("/1/", f"/{pk}/") for address in addresses):
        for response in (client.get(address), client.post(address, {})):
            # 302: Django says of a row that cannot be seen that there is none, and goes to the overview.
            gone = response.status_code == 302 and response["Location"] == reverse("admin:index")
            assert response.status_code in (403, 404, 405) or gone, (address, response.status_code)


def test_the_rooms_here_are_those_the_sweep_was_written_for():
    assert {Site, Safe, Finding, Delivery, PushEndpoint, User} <= set(rooms())
