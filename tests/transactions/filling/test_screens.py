"""Every screen of the staff site, as `make bench` finds them, on a little of a chain: within its number of queries."""

import pytest
from django.contrib import admin
from django.core.management import call_command
from django.urls import reverse

from tests.bench.screens import QUERIES, queries_of, screens
from tests.factories import AdministratorFactory
from transactions.models import SafeDay, SiteDay

pytestmark = pytest.mark.django_db(transaction=True)


def test_no_screen_asks_more_than_its_budget(client, capsys):
    call_command("fill_database", "--transactions=2000", "--areas=2", "--sites=2", "--safes=3")
    client.force_login(AdministratorFactory.create())
    costs = {address: queries_of(client, address) for name, address in screens() if "searched" not in name}
    pages = {address for address, queries in costs.items() if queries}
    over = {address: queries for address, queries in costs.items() if queries and queries > QUERIES}
    assert over == {}
    # It looks where it should: at each list, and at the pages of rows.
    for model in admin.site._registry:
        assert reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist") in pages
    for day in (SafeDay.objects.latest("pk"), SiteDay.objects.latest("pk")):
        assert reverse(f"admin:transactions_{day._meta.model_name}_change", args=[day.pk]) in pages
    assert reverse("admin:index") in pages
