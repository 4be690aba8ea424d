"""Staff roles: the groups are what the table says, on every database, and a refusal names the role that may."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command

from safes.models import Finding, Site
from safes.roles import ROLES, permissions, roles_with
from tests.factories import FindingFactory, SiteFactory, UserFactory
from tests.staff import page
from transactions.models import PushEndpoint, Transaction

pytestmark = pytest.mark.django_db


def held(group: Group) -> set[str]:
    return {f"{one.content_type.app_label}.{one.codename}" for one in group.permissions.select_related("content_type")}


@pytest.mark.parametrize("role", ROLES)
def test_a_fresh_database_has_every_role_with_what_the_table_says(role):
    """Nothing in the table is misspelt either: a permission that there is not could not be held."""
    assert held(Group.objects.get(name=role)) == set(permissions(role))


def test_migrating_again_brings_roles_back_in_step_and_leaves_other_groups_alone():
    clerk = Group.objects.get(name="Cash office clerk")
    clerk.permissions.set(Permission.objects.filter(codename="delete_site"))
    Group.objects.get(name="Auditor").delete()
    own = Group.objects.create(name="Night shift")
    own.permissions.set(Permission.objects.filter(codename="view_site"))
    call_command("migrate", verbosity=0)
    assert held(clerk) == set(permissions("Cash office clerk"))
    assert held(Group.objects.get(name="Auditor")) == set(permissions("Auditor"))
    assert held(own) == {"safes.view_site"}


def test_an_auditor_only_views():
    assert {name.partition(".")[2].partition("_")[0] for name in permissions("Auditor")} == {"view"}


def test_no_role_makes_users_or_raises_itself():
    for role in ROLES:
        assert not {name for name in permissions(role) if name.startswith("auth.") and ".view_" not in name}


def test_nobody_deletes_what_was_said_of_cash():
    for role in ROLES:
        deleted = {name for name in permissions(role) if ".delete_" in name}
        estate = {"safes.delete_site", "safes.delete_placement", "safes.delete_register"}
        assert deleted <= estate | {"incidents.delete_atm", "incidents.delete_faultcode"}


@pytest.fixture
def as_role(client):
    def become(*roles: str):
        user = UserFactory.create()
        user.groups.set(Group.objects.filter(name__in=roles))
        client.force_login(user)
        return client

    return become


def test_a_clerk_settles_a_finding_and_an_auditor_reads_it(as_role):
    finding = FindingFactory.create()
    assert as_role("Auditor").get(page(Finding, "change", finding.pk)).status_code == 200
    assert as_role("Auditor").post(page(Finding, "settle", finding.pk), {"comment": "fine"}).status_code == 403
    as_role("Cash office clerk").post(page(Finding, "settle", finding.pk), {"comment": "The site was asked."})
    finding.refresh_from_db()
    assert finding.state == Finding.State.CLOSED


def test_a_refusal_says_what_is_needed_and_which_roles_have_it(as_role):
    shown = as_role("Cash office clerk").get(page(PushEndpoint, "add"))
    assert shown.status_code == 403
    said = shown.content.decode()
    assert "permission to add push endpoints" in said
    assert "<strong>Integration admin</strong>" in said
    assert "<strong>Supervisor</strong>" not in said
    assert "Your roles: Cash office clerk." in said


def test_a_refused_act_names_the_roles_that_may_act(as_role):
    finding = FindingFactory.create()
    shown = as_role("Auditor").post(page(Finding, "settle", finding.pk), {"comment": "x"}).content.decode()
    for role in roles_with("safes.change_finding"):
        assert f"<strong>{role}</strong>" in shown


def test_a_refused_change_is_told_apart_from_a_look(as_role):
    site = SiteFactory.create()
    shown = as_role("Cash office clerk").post(page(Site, "change", site.pk), {"name": "Mine"}).content.decode()
    assert "permission to change sites" in shown
    looked = as_role("Loyalty desk").get(page(Transaction, "changelist")).content.decode()
    assert "permission to view transactions" in looked


def test_somebody_without_any_role_is_told_so(as_role):
    assert "Your roles: none." in as_role().get(page(Site, "changelist")).content.decode()
