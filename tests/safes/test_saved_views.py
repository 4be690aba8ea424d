"""Views of a list under a name: one's own or everybody's, of what the list understands, taken away by their owner."""

from __future__ import annotations

import datetime as dt

import pytest
from django.contrib import admin
from django.utils import timezone

from safes.models import Finding, Safe, SavedFilter
from safes.saved_filters import MANY, spelt
from tests.factories import AdministratorFactory, FindingFactory, UserFactory
from tests.safes.people import in_role
from tests.staff import page, rooms
from transactions.models import SafeDay, Transaction

pytestmark = pytest.mark.django_db

QUEUE = page(Finding, "changelist")
SAVE = page(Finding, "save_view")


@pytest.fixture
def clerk(client):
    person = in_role("Cash office clerk")
    client.force_login(person)
    return person


def save(client, query: str, name: str = "Mine", door: str = SAVE, **more: str):
    return client.post(door, {"query": query, "name": name, **more}, follow=True)


def said(answer) -> str:
    return " ".join(str(message) for message in answer.context["messages"])


def test_a_view_is_saved_stands_above_the_list_and_leads_back_to_it(client, clerk):
    FindingFactory.create(kind="door_open", owner=clerk)
    FindingFactory.create(kind="unknown_safe")
    answer = save(client, "owner=me&o=-4&q=look", "Mine, dear")
    assert said(answer) == "Saved as “Mine, dear”."
    kept = SavedFilter.objects.get()
    assert (kept.owner, kept.room, kept.query, kept.is_shared) == (
        clerk,
        "safes.finding",
        "o=-4&owner=me&q=look",
        False,
    )
    assert answer.redirect_chain[0][0] == f"{QUEUE}?{kept.query}"
    shown = client.get(f"{QUEUE}?{kept.query}")
    assert [row.kind for row in shown.context["cl"].result_list] == ["door_open"]
    assert [(view["name"], view["is_active"]) for view in shown.context["saved"]["views"]] == [("Mine, dear", True)]
    assert 'aria-current="true"' in shown.content.decode()
    assert [view["is_active"] for view in client.get(QUEUE).context["saved"]["views"]] == [False]


def test_pages_and_what_the_list_does_not_know_are_left_out(client, clerk):
    save(client, "p=3&e=1&owner=me&nonsense=1&password=x&_popup=1&all=&kind=&severity__exact=\x00")
    assert SavedFilter.objects.get().query == "owner=me"
    assert client.get(f"{QUEUE}?{SavedFilter.objects.get().query}").status_code == 200


def test_a_view_of_the_last_days_goes_along_with_the_days(client, clerk):
    begins = timezone.now().date() - dt.timedelta(days=31)
    door = page(SafeDay, "save_view")
    save(client, f"business_date_from={begins}&site=S1&serial_number=SR1", "lately", door)
    save(client, "business_date_from=2026-01-01&business_date_to=2026-01-31&serial_number=SR1", "January", door)
    kept = dict(SavedFilter.objects.values_list("name", "query"))
    assert kept["lately"] == "serial_number=SR1"
    assert kept["January"] == "business_date_from=2026-01-01&business_date_to=2026-01-31&serial_number=SR1"
    shown = client.get(page(SafeDay, "changelist"), {"business_date_from": str(begins), "serial_number": "SR1"})
    assert [view["name"] for view in shown.context["saved"]["views"] if view["is_active"]] == ["lately"]


def test_a_shared_view_is_everybodys_and_an_own_one_is_not(client, clerk):
    save(client, "owner=me", "Secret")
    save(client, "owner=nobody", "For all", is_shared="yes")
    client.force_login(in_role("Auditor"))
    shown = client.get(QUEUE)
    assert [view["name"] for view in shown.context["saved"]["views"]] == ["For all"]
    assert f"by {clerk.username}" in shown.content.decode()
    assert client.get(page(Safe, "changelist")).context["saved"]["views"] == []


def test_the_same_name_takes_the_place_of_what_it_stood_for(client, clerk):
    save(client, "owner=me")
    assert "Saved anew" in said(save(client, "owner=nobody", is_shared="yes"))
    kept = SavedFilter.objects.get()
    assert (kept.query, kept.is_shared) == ("owner=nobody", True)


def test_only_its_owner_removes_a_view(client, clerk):
    save(client, "owner=me", is_shared="yes")
    door = page(Finding, "remove_view", SavedFilter.objects.get().pk)
    client.force_login(in_role("Supervisor"))
    assert "Only whoever saved a view" in said(client.post(door, follow=True))
    assert 'aria-label="Remove' not in client.get(QUEUE).content.decode()
    client.force_login(clerk)
    answer = client.post(door, {"query": "owner=me"}, follow=True)
    assert said(answer) == "“Mine” is removed."
    assert answer.redirect_chain[0][0] == f"{QUEUE}?owner=me"
    assert not SavedFilter.objects.exists()
    assert "removed already" in said(client.post(door, follow=True))


def test_a_view_is_removed_from_its_own_list_alone(client, clerk):
    save(client, "owner=me")
    client.post(page(Safe, "remove_view", SavedFilter.objects.get().pk))
    assert SavedFilter.objects.exists()


@pytest.mark.parametrize(
    ("query", "name", "why"),
    [
        ("owner=me", "", "Give the view a name"),
        ("owner=me", " \n ", "Give the view a name"),
        ("owner=me", "x" * 61, "up to 60"),
        ("owner=me", "a\x00b", "will not do"),
        ("owner=me", "a\u202eb", "will not do"),
        ("", "Empty", "no view to save"),
        ("p=2", "Page", "no view to save"),
        ("q=" + "x" * 2100, "Long", "too long"),
        ("q=" + "x" * 50_000, "Longer", "too long"),
    ],
)
def test_what_cannot_be_kept_is_refused_with_a_sentence(client, clerk, query, name, why):
    assert why in said(save(client, query, name))
    assert not SavedFilter.objects.exists()


@pytest.mark.parametrize(
    "query", ["o=x.y", "o=99", "severity__exact=worst", "kind__isnull=perhaps", "%ff=%fe", "&&&=="]
)
def test_a_query_that_is_none_is_refused_or_harmless(client, clerk, query):
    answer = save(client, query)
    assert answer.status_code == 200
    for kept in SavedFilter.objects.all():
        assert client.get(f"{QUEUE}?{kept.query}").status_code == 200


def test_nobody_keeps_more_than_fit_above_a_list(client, clerk):
    for number in range(MANY):
        save(client, "owner=me", f"view {number}")
    assert "remove one first" in said(save(client, "owner=me", "one more"))
    assert "Saved anew" in said(save(client, "owner=nobody", "view 1"))


def test_who_may_not_see_a_list_saves_no_view_of_it(client, clerk):
    client.force_login(UserFactory.create())
    assert client.post(SAVE, {"query": "owner=me", "name": "x"}).status_code == 403
    assert client.get(SAVE).status_code == 403
    client.force_login(clerk)
    assert client.get(SAVE).status_code == 405
    assert not SavedFilter.objects.exists()


def test_every_list_can_be_saved_as_it_is_searched(client):
    client.force_login(AdministratorFactory.create())
    searchable = [model for model in rooms() if admin.site._registry[model].search_fields]
    assert {Finding, Safe, Transaction} <= set(searchable)
    for model in searchable:
        assert "Saved as" in said(save(client, "q=7&p=2", "Seven", page(model, "save_view"))), model
        assert client.get(page(model, "changelist"), {"q": "7"}).context["saved"]["views"][0]["is_active"]


def test_two_spellings_of_a_query_are_one():
    assert spelt("b=2&a=1&c=") == spelt("a=1&b=2") == "a=1&b=2"
    assert spelt("a=2&a=1") == "a=2&a=1"
