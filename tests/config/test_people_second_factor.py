"""The second factor: nothing of the staff site opens without it where it is required, or once it is set up."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine
from django.contrib.auth.models import User
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone
from django_otp.plugins.otp_static.models import StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from safes.models import Site
from safes.second_factor import devices
from tests.config.devices import code, codes_on, secret_on
from tests.factories import PASSWORD, AdministratorFactory, UserFactory
from tests.staff import page, rooms

pytestmark = pytest.mark.django_db

INDEX, ENROL, VERIFY = "/admin/", "/admin/second-factor/set-up/", "/admin/second-factor/"


@pytest.fixture
def required(settings):
    settings.STAFF_SECOND_FACTOR = "required"


@pytest.fixture
def staff(client):
    client.force_login(AdministratorFactory.create())
    return client


def set_up(client) -> tuple[bytes, list[str]]:
    """Go through the enrolment page as a person does."""
    secret = secret_on(client.get(ENROL).content.decode())
    shown = client.post(ENROL, {"code": code(secret)})
    return secret, codes_on(shown.content.decode())


def again(client) -> None:
    """Log in afresh, with the password alone."""
    user = User.objects.get(pk=client.session["_auth_user_id"])
    client.logout()
    client.force_login(user)


def test_whoever_has_no_device_is_led_to_set_one_up_before_anything_else(required, staff):
    for model in rooms():
        response = staff.get(page(model, "changelist"))
        assert response["Location"].startswith(f"{ENROL}?next=")
    assert staff.post(page(Site, "add"), {"code": "X"}).status_code == 302
    assert not Site.objects.exists()


def test_setting_up_a_device_opens_the_site_and_shows_ten_codes_once(required, staff):
    asked = f"{INDEX}safes/site/?q=1"
    first = staff.get(asked, follow=True)
    assert "<svg" in first.content.decode()
    _secret, codes = set_up(staff)
    assert len(set(codes)) == devices.RECOVERY_CODES
    assert staff.get(asked).status_code == 200
    assert not codes_on(staff.get(ENROL).content.decode())


def test_a_wrong_code_sets_up_nothing(required, staff):
    secret = secret_on(staff.get(ENROL).content.decode())
    for wrong in ("", "12345", "abcdef", code(secret, 5), "٣٣٣٣٣٣"):
        assert staff.post(ENROL, {"code": wrong}).status_code == 200
    assert not TOTPDevice.objects.exists()
    assert staff.get(INDEX).status_code == 302


def test_a_device_is_asked_for_at_every_log_in_even_where_it_is_optional(staff):
    secret, _codes = set_up(staff)
    again(staff)
    asked = staff.get(page(Site, "changelist"))
    assert asked["Location"].startswith(f"{VERIFY}?next=")
    with time_machine.travel(timezone.now() + dt.timedelta(minutes=2)):
        entered = staff.post(VERIFY, {"code": code(secret), "next": page(Site, "changelist")})
    assert entered["Location"] == page(Site, "changelist")
    assert staff.get(entered["Location"]).status_code == 200


def test_optional_leaves_the_password_enough_for_who_has_no_device(staff):
    assert staff.get(INDEX).status_code == 200


def test_a_password_alone_replaces_no_device(required, staff):
    set_up(staff)
    again(staff)
    assert staff.get(ENROL)["Location"] == VERIFY
    assert staff.post(ENROL, {"code": "000000"})["Location"] == VERIFY
    assert TOTPDevice.objects.count() == 1


def test_a_code_counts_once_and_wrong_codes_cost_time(staff):
    secret, _codes = set_up(staff)
    again(staff)
    with time_machine.travel(timezone.now() + dt.timedelta(minutes=2), tick=False) as clock:
        good = code(secret)
        assert staff.post(VERIFY, {"code": good}).status_code == 302
        again(staff)
        assert "used already" in staff.post(VERIFY, {"code": good}).content.decode()
        clock.shift(31)
        for _ in range(3):
            staff.post(VERIFY, {"code": code(secret, 9)})
            clock.shift(20)
        staff.post(VERIFY, {"code": code(secret, 9)})
        assert "Wait 16 seconds" in staff.post(VERIFY, {"code": code(secret)}).content.decode()
        clock.shift(16)
        assert staff.post(VERIFY, {"code": code(secret)}).status_code == 302


def test_a_recovery_code_lets_in_once_however_it_is_typed(staff):
    _secret, codes = set_up(staff)
    again(staff)
    assert staff.post(VERIFY, {"code": f" {codes[0].lower().replace('-', ' ')} "}).status_code == 302
    assert staff.get(INDEX).status_code == 200
    again(staff)
    assert staff.post(VERIFY, {"code": codes[0]}).status_code == 200
    assert StaticToken.objects.count() == len(codes) - 1


def test_recovery_codes_are_not_in_the_database(staff):
    _secret, codes = set_up(staff)
    stored = set(StaticToken.objects.values_list("token", flat=True))
    assert len(stored) == len(codes)
    assert not stored & {one.replace("-", "") for one in codes}


def test_setting_up_another_device_ends_the_first_and_its_codes(staff):
    first, codes = set_up(staff)
    second, more = set_up(staff)
    assert first != second
    assert not set(codes) & set(more)
    again(staff)
    assert staff.post(VERIFY, {"code": codes[0]}).status_code == 200
    assert TOTPDevice.objects.count() == 1


def test_one_account_s_codes_open_no_other(client):
    one, other = UserFactory.create(), UserFactory.create()
    client.force_login(one)
    _secret, codes = set_up(client)
    client.force_login(other)
    set_up(client)
    again(client)
    assert client.post(VERIFY, {"code": codes[0]}).status_code == 200


def test_the_way_on_leads_nowhere_else(staff):
    for elsewhere in ("https://evil.example/admin/", "//evil.example/admin/", "/api/v1/", "javascript:alert(1)"):
        assert f'value="{INDEX}"' in staff.get(ENROL, {"next": elsewhere}).content.decode()


def test_who_has_not_logged_in_sees_neither_page(client):
    for door in (ENROL, VERIFY):
        assert client.get(door)["Location"].startswith(reverse("admin:login"))


def test_an_administrator_resets_a_lost_device_and_history_says_so(required, staff):
    clerk = UserFactory.create()
    TOTPDevice.objects.create(user=clerk, key=devices.new_secret())
    set_up(staff)
    assert staff.get(page(User, "reset_second_factor", clerk.pk)).status_code == 200
    staff.post(page(User, "reset_second_factor", clerk.pk), {})
    assert not devices.is_enrolled(clerk)
    assert "Second factor reset" in staff.get(page(User, "history", clerk.pk)).content.decode()


def test_the_command_resets_a_lost_device(capsys):
    clerk = UserFactory.create(username="ana")
    TOTPDevice.objects.create(user=clerk, key=devices.new_secret())
    call_command("reset_second_factor", "ana")
    assert "no device any more" in capsys.readouterr().out
    call_command("reset_second_factor", "ana")
    assert "nothing was changed" in capsys.readouterr().out


def test_the_log_in_itself_opens_without_one(required, client):
    user = AdministratorFactory.create()
    user.set_password(PASSWORD)
    user.save()
    response = client.post(reverse("admin:login"), {"username": user.username, "password": PASSWORD}, follow=True)
    assert response.redirect_chain[-1][0].startswith(ENROL)
