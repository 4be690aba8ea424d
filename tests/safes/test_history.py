"""Change history: what was changed, by whom and on what occasion is there for ever, and holds no key."""

from __future__ import annotations

import datetime as dt
import io
import re
from importlib import import_module

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import connection
from django.test import RequestFactory
from django_otp.plugins.otp_totp.models import TOTPDevice
from simple_history.models import HistoricalRecords
from simple_history.utils import get_history_manager_for_model

from safes.accounts import account_of_token, add_account
from safes.estate import place_safe, safe_changed
from safes.history import on_occasion
from safes.models import MachineAccount, MachineKey, Placement, Register, Safe, Site
from safes.registers import keep_register
from tests.factories import (
    PASSWORD,
    AdministratorFactory,
    PushEndpointFactory,
    RegisterFactory,
    SafeFactory,
    SiteFactory,
    UserFactory,
    body_of,
    cash_in,
    deliver,
)
from tests.staff import page, push
from transactions.endpoints import add_endpoint, newest_key_id
from transactions.models import PushEndpoint

pytestmark = pytest.mark.django_db

WITH_HISTORY = [Site, Safe, Placement, Register, MachineAccount, PushEndpoint, User]


def told(row, model=None):
    """Type, who and occasion of each copy, oldest first."""
    copies = get_history_manager_for_model(model or type(row)).filter(id=row if model else row.pk)
    return [
        (copy.history_type, copy.history_user and copy.history_user.username, copy.history_change_reason)
        for copy in copies.order_by("history_id")
    ]


@pytest.fixture
def user():
    return AdministratorFactory.create(username="olga")


@pytest.fixture
def staff(client, user):
    client.force_login(user)
    return client


def shown(client, row) -> str:
    """The text of a row's history page."""
    response = client.get(page(type(row), "history", row.pk))
    assert response.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def test_an_edit_in_the_staff_site_is_told_with_who_and_what_it_was(staff):
    site = SiteFactory.create(name="Old", tolerance="5.00")
    form = {"name": "New", "time_zone": site.time_zone, "day_rollover": "05:30:00", "currency": "USD", "tolerance": "5"}
    assert staff.post(page(Site, "change", site.pk), form).status_code == 302
    assert told(site) == [("+", None, None), ("~", "olga", None)]
    text = shown(staff, site)
    assert "olga changed name: Old → New day rollover: 06:00 → 05:30" in text
    assert "tolerance: 5.00 →" not in text


def test_saving_what_is_as_it_was_is_no_change():
    site = SiteFactory.create(tolerance="5.00")
    site.save()
    Site.objects.get(pk=site.pk).save()
    register = keep_register(site, "1", "Front")
    keep_register(site, "1", "Front")
    place_safe("SR1", site)
    place_safe("SR1", site)
    assert [len(told(row)) for row in (site, register, Safe.objects.get(), Placement.objects.get())] == [1, 1, 1, 1]


def test_a_command_leaves_its_name_and_nobody_as_the_user():
    call_command("add_site", "DAL1", "--name", "Dallas", "--timezone", "America/Chicago", stdout=io.StringIO())
    call_command("add_safe", "SR1", "--site", "DAL1", stdout=io.StringIO())
    call_command("add_api_user", "erp", "--role", "reader", stdout=io.StringIO())
    call_command("add_push_endpoint", "main", stdout=io.StringIO())
    call_command("rotate_push_key", "main", stdout=io.StringIO())
    assert told(Site.objects.get()) == [("+", None, "command add_site")]
    assert told(Safe.objects.get()) == told(Placement.objects.get()) == [("+", None, "command add_safe")]
    assert told(MachineAccount.objects.get()) == [("+", None, "command add_api_user")]
    made, changed = told(PushEndpoint.objects.get())
    assert made == ("+", None, "command add_push_endpoint")
    assert changed[2].startswith("key changed; those before it work until ")
    assert changed[2].endswith("; command rotate_push_key")


def test_what_was_said_of_one_occasion_is_not_said_of_the_next():
    with on_occasion("upload of sites.csv"):
        first = SiteFactory.create()
    assert (told(first), told(SiteFactory.create())) == ([("+", None, "upload of sites.csv")], [("+", None, None)])


def test_an_upload_is_told_with_its_file_and_who_accepted_it_and_a_preview_is_not(staff):
    old = SiteFactory.create(code="DAL1", name="Old")
    table = b"code,name,time_zone\nDAL1,New,America/Chicago\nAUS1,Austin,America/Chicago\n"
    looked = staff.post(page(Site, "import"), {"format": "0", "import_file": SimpleUploadedFile("sites.csv", table)})
    assert get_history_manager_for_model(Site).count() == 1
    staff.post(page(Site, "process_import"), looked.context["confirm_form"].initial)
    assert told(old) == [("+", None, None), ("~", "olga", "upload of sites.csv")]
    assert told(Site.objects.get(code="AUS1")) == [("+", "olga", "upload of sites.csv")]


def test_placing_a_safe_nobody_knew_is_told_on_its_page_with_its_placements(staff):
    deliver(PushEndpointFactory.create(), body_of(cash_in("SR1")))
    safe, site = Safe.objects.get(), SiteFactory.create(code="DAL1", name="Dallas")
    Placement.objects.create(safe=safe, site=site, starts_on=dt.date(2026, 1, 1))
    safe_changed(safe)
    Placement.objects.get().delete()
    text = shown(staff, safe)
    assert "placement made" in text
    assert "placement deleted" in text
    assert "site: DAL1 Dallas" in text
    assert "status: active" in text
    assert told(safe)[-1][0] == "~"


def test_a_safe_without_a_copy_before_its_first_change_says_all_it_was_then(staff):
    with connection.cursor() as cursor:  # as recording makes safes it has not heard of
        cursor.execute("INSERT INTO safes_safe (serial_number, model, status) VALUES ('SR1', '', 'unregistered')")
    safe = Safe.objects.get()
    safe.status = Safe.Status.RETIRED
    safe.save()
    assert "changed serial number: SR1 status: retired" in shown(staff, safe)


def test_who_changed_a_key_and_when_is_told_without_the_key(staff):
    endpoint, first = add_endpoint("main")
    chosen = {"overlap": "48", "newest_known": newest_key_id(endpoint)}
    response = staff.post(page(PushEndpoint, "rotate", endpoint.pk), chosen)
    second = re.search(r"<code[^>]*>([\w-]{43})</code>", response.content.decode())
    assert second is not None
    (_, (kind, who, why)) = told(endpoint)
    assert (kind, who) == ("~", "olga")
    assert why.startswith("key changed; those before it work until 2")
    text = shown(staff, endpoint)
    assert "olga noted key changed" in text
    assert first not in text
    assert second[1] not in text


def test_no_history_holds_anything_of_a_key_or_a_password(user):
    assert not hasattr(MachineKey._meta, "simple_history_manager_attribute")
    secret = {"password", "digest", "hint", "key", "last_login"}
    for model in WITH_HISTORY:
        copy = get_history_manager_for_model(model).model
        assert not secret & {field.name for field in copy._meta.get_fields()}, model


def test_using_keys_and_being_turned_away_leaves_nothing(client):
    endpoint, key = add_endpoint("main")
    account, _, token = add_account("erp", "reader")
    for shown_key in (key, "wrong", key):
        push(client, "main", shown_key)
    assert account_of_token(token) is not None
    assert (len(told(endpoint)), len(told(account))) == (1, 1)


def test_roles_given_and_taken_standing_and_passwords_of_staff_are_told(staff, user):
    clerk = UserFactory.create(username="clerk", first_name="Cleo")
    role, other = Group.objects.get(name="Auditor"), Group.objects.get(name="Supervisor")
    clerk.groups.add(role)
    other.user_set.add(clerk)
    role.user_set.remove(clerk)
    clerk.is_active = False
    clerk.save()
    clerk.set_password(PASSWORD)
    clerk.save()
    assert [why for _, _, why in told(clerk)] == [None, None, None, None, None, "password changed"]
    text = shown(staff, clerk)
    assert "noted password changed" in text
    assert "changed active: yes → no" in text
    assert "changed groups: Auditor, Supervisor → Supervisor" in text
    assert "changed groups: – → Auditor" in text


def test_logging_in_is_no_change_of_a_user(client, user):
    client.force_login(user)
    user.refresh_from_db()
    assert user.last_login is not None
    assert told(user) == [("+", None, None)]


def test_a_lost_device_that_was_taken_away_is_told(staff):
    clerk = UserFactory.create(username="clerk")
    TOTPDevice.objects.create(user=clerk, name="app")
    call_command("reset_second_factor", "clerk", stdout=io.StringIO())
    assert told(clerk)[-1] == ("~", None, "second factor reset; command reset_second_factor")


def test_what_a_machine_changed_names_its_account_and_no_user():
    account, _, _ = add_account("erp", "back_office")
    request = RequestFactory().post("/")
    request.user = account  # type: ignore[assignment]  # as REST framework does
    HistoricalRecords.context.request = request
    try:
        site = SiteFactory.create()
    finally:
        del HistoricalRecords.context.request
    assert told(site) == [("+", None, "account erp")]


@pytest.mark.parametrize("model", [model for model in WITH_HISTORY if model not in (Placement, MachineAccount)])
def test_who_may_view_a_row_may_view_its_history_and_nobody_may_do_anything_to_it(client, model):
    SafeFactory.create()
    RegisterFactory.create()
    PushEndpointFactory.create()
    auditor = UserFactory.create()
    client.force_login(auditor)
    row = model._default_manager.first()
    address = page(model, "history", row.pk)
    assert client.get(address).status_code == 403
    auditor.groups.add(Group.objects.get(name="Auditor"))
    assert client.get(address).status_code == 200
    copies = get_history_manager_for_model(model)
    before = list(copies.values())
    client.force_login(AdministratorFactory.create())
    for reverted in (address, f"{address}{before[0]['history_id']}/"):
        answer = client.post(reverted, {"name": "Else", "_save": "Revert", "_change_history": "1"})
        assert answer.status_code in (200, 302, 404)
    assert [one for one in copies.values() if one in before] == before
    assert copies.count() == len(before) + (model is User)  # the administrator of this test
    shown_page = client.get(address).content.decode()
    assert "Revert" not in shown_page
    assert shown_page.count("<form") == client.get("/admin/").content.decode().count("<form")


def test_the_history_of_what_is_deleted_stays_and_can_be_read(staff):
    register = RegisterFactory.create(code="77")
    pk = register.pk
    assert staff.post(page(Register, "delete", pk), {"post": "yes"}).status_code == 302
    response = staff.get(page(Register, "history", pk))
    assert response.status_code == 200
    assert "It is deleted" in response.content.decode()
    assert told(pk, Register)[-1] == ("-", "olga", None)
    assert staff.get(page(Register, "history", 10**12)).status_code == 404
    assert staff.get(page(Register, "history", "nonsense")).status_code == 404


def test_somebody_who_did_things_is_made_inactive_not_deleted(staff):
    clerk = UserFactory.create()
    assert staff.post(page(User, "delete", clerk.pk), {"post": "yes"}).status_code == 403


def test_what_was_there_before_histories_were_kept_has_a_first_copy_to_be_told_against(staff):
    site, clerk, endpoint = SiteFactory.create(name="Old"), UserFactory.create(), PushEndpointFactory.create()
    clerk.groups.add(Group.objects.get(name="Auditor"))
    for model in WITH_HISTORY:
        get_history_manager_for_model(model).all().delete()
    for app in ("safes", "transactions"):
        import_module(f"{app}.migrations.0004_history_begins").begin(apps, None)
    site.name = "New"
    site.save()
    clerk.groups.clear()
    endpoint.active = False
    endpoint.save()
    assert "name: Old → New" in shown(staff, site)
    assert "groups: Auditor → –" in shown(staff, clerk)
    assert "active: yes → no" in shown(staff, endpoint)
    assert told(site)[0] == ("+", None, "as it stood when its history began")


def test_a_long_history_opens_within_twenty_five_queries(staff, django_assert_max_num_queries):
    safe = SafeFactory.create()
    for number in range(30):
        safe.model = f"Titan {number}"
        safe.save()
        Placement.objects.create(safe=safe, site=SiteFactory.create(), starts_on=dt.date(2026, 1, 1 + number))
    with django_assert_max_num_queries(25):
        assert "Titan 28 → Titan 29" in shown(staff, safe)
