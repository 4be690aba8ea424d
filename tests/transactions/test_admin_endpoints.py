"""Push endpoints in the staff site: a key is on the page that answers its making, and nowhere else ever."""

from __future__ import annotations

import re

import pytest

from safes.models import MachineKey
from tests.factories import AdministratorFactory, PushEndpointFactory
from tests.staff import everything_in_the_database, page, push
from transactions.endpoints import add_endpoint, newest_key_id
from transactions.models import PushEndpoint

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(client):
    client.force_login(AdministratorFactory.create())
    return client


def form(**changes: object) -> dict[str, object]:
    return {
        "name": "main",
        "environment": "production",
        "placement": "header",
        "key_name": "Authorization",
        "batch_limit": 1000,
        "max_body_bytes": "",
        "types": "CashIn, Servicing",
        "expected_metadata": "Country=US\nChain=A=B",
        "active": "on",
        **changes,
    }


def key_on(response) -> str:
    found = re.search(r"<dt[^>]*>Key</dt><dd><code[^>]*>([\w-]{43})</code>", response.content.decode())
    assert found is not None
    return found[1]


def test_a_new_endpoint_answers_with_its_key_once(staff, capfd):
    response = staff.post(page(PushEndpoint, "add"), form())
    assert response.status_code == 200
    assert "no-store" in response["Cache-Control"]
    key = key_on(response)
    endpoint = PushEndpoint.objects.get()
    assert endpoint.types == ["CashIn", "Servicing"]
    assert endpoint.expected_metadata == {"Country": "US", "Chain": "A=B"}
    assert push(staff, "main", key) == 200
    pages = [
        staff.get(page(PushEndpoint, "change", endpoint.pk)),
        staff.get(page(PushEndpoint, "changelist")),
        staff.get(page(PushEndpoint, "history", endpoint.pk)),
        staff.post(page(PushEndpoint, "add"), form()),  # the browser sends the form again
    ]
    assert all(key not in shown.content.decode() for shown in pages)
    assert key not in everything_in_the_database()
    assert key not in "".join(capfd.readouterr())
    assert all(key not in morsel.value for morsel in staff.cookies.values())


@pytest.mark.parametrize(
    "changes",
    [{"types": "Cash"}, {"expected_metadata": "Country"}, {"name": "a b"}, {"name": "taken"}, {"key_name": "a b"}],
)
def test_an_endpoint_that_cannot_be_is_refused_on_the_form(staff, changes):
    PushEndpointFactory.create(name="taken")
    response = staff.post(page(PushEndpoint, "add"), form(**changes))
    assert response.status_code == 200
    assert "Copy the key now" not in response.content.decode()
    assert PushEndpoint.objects.count() == 1
    assert not MachineKey.objects.exists()


def test_name_and_environment_are_fixed_once_an_endpoint_is_made(staff):
    endpoint, _ = add_endpoint("main")
    response = staff.post(
        page(PushEndpoint, "change", endpoint.pk), form(name="else", environment="test", batch_limit=500)
    )
    assert response.status_code == 302
    endpoint.refresh_from_db()
    assert (endpoint.name, endpoint.environment, endpoint.batch_limit) == ("main", "production", 500)


def test_an_edit_leaves_the_count_of_what_was_turned_away_alone(staff, client):
    endpoint, _ = add_endpoint("main")
    assert push(client, "main", "wrong") == 401
    staff.post(page(PushEndpoint, "change", endpoint.pk), form())
    endpoint.refresh_from_db()
    assert endpoint.rejected_count == 1


def test_an_inactive_endpoint_takes_nothing(staff):
    endpoint, key = add_endpoint("main")
    data = form()
    del data["active"]
    staff.post(page(PushEndpoint, "change", endpoint.pk), data)
    assert push(staff, "main", key) == 401


def test_changing_the_key_shows_the_new_one_and_keeps_the_old_one_for_the_overlap(staff):
    endpoint, old = add_endpoint("main")
    asked = staff.get(page(PushEndpoint, "rotate", endpoint.pk))
    assert asked.status_code == 200
    assert MachineKey.objects.count() == 1
    chosen = {"overlap": "48", "newest_known": newest_key_id(endpoint)}
    new = key_on(staff.post(page(PushEndpoint, "rotate", endpoint.pk), chosen))
    assert new != old
    assert push(staff, "main", new) == push(staff, "main", old) == 200
    assert new not in everything_in_the_database()


def test_changing_the_key_without_overlap_ends_the_old_one_at_once(staff):
    endpoint, old = add_endpoint("main")
    chosen = {"overlap": "0", "newest_known": newest_key_id(endpoint)}
    new = key_on(staff.post(page(PushEndpoint, "rotate", endpoint.pk), chosen))
    assert push(staff, "main", old) == 401
    assert push(staff, "main", new) == 200


def test_a_form_that_the_browser_sends_again_does_not_change_the_key_again(staff):
    endpoint, _ = add_endpoint("main")
    chosen = {"overlap": "0", "newest_known": newest_key_id(endpoint)}
    new = key_on(staff.post(page(PushEndpoint, "rotate", endpoint.pk), chosen))
    again = staff.post(page(PushEndpoint, "rotate", endpoint.pk), chosen)
    assert "was changed since this page was opened" in again.content.decode()
    assert MachineKey.objects.count() == 2
    assert push(staff, "main", new) == 200


def test_the_keys_are_told_apart_by_their_last_characters_and_standing(staff):
    endpoint, old = add_endpoint("main")
    chosen = {"overlap": "48", "newest_known": newest_key_id(endpoint)}
    new = key_on(staff.post(page(PushEndpoint, "rotate", endpoint.pk), chosen))
    shown = staff.get(page(PushEndpoint, "change", endpoint.pk)).content.decode()
    for key, standing in ((old, "lapsing"), (new, "live")):
        assert re.search(rf"…{re.escape(key[-4:])}</td>\s*<td[^>]*>{standing}<", shown)


def test_the_list_says_where_nothing_has_come_for_long_and_where_pushes_are_turned_away(staff, client):
    add_endpoint("silent")
    _, key = add_endpoint("fine")
    add_endpoint("wrong")
    push(client, "fine", key)
    push(client, "wrong", "not the key")
    shown = staff.get(page(PushEndpoint, "changelist")).context["cl"]
    troubles = {row.name: shown.model_admin.trouble(row) for row in shown.result_list}
    assert troubles == {"silent": "quiet", "fine": "fine", "wrong": "turned away"}
