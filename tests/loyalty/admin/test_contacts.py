"""Contacts at the desk: registered, changed and erased by who may, with what is wrong said at its field."""

from __future__ import annotations

import datetime as dt

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission

from loyalty import contacts
from loyalty.erasing import erase
from loyalty.models import Card, Contact, Reveal
from tests.factories import UserFactory
from tests.loyalty.admin.pressing import said
from tests.loyalty.making import NUMBER, PHONE, card, contact
from tests.staff import page

pytestmark = pytest.mark.django_db

NEW = {"code": "C100001", "name": "Anna Berg", "mobile_number": "(201) 555-0123", "email": "", "birth_date": ""}


def test_a_contact_is_registered_and_what_is_missing_is_said(as_role):
    answer = as_role("Loyalty desk").post(page(Contact, "add"), NEW)
    made = Contact.objects.get()
    assert answer["Location"] == page(Contact, "change", made.pk)
    assert (made.code, made.name, made.mobile_number) == ("C100001", "Anna Berg", PHONE)
    assert "birth date is not known" in said(answer)


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("code", "", "Give the contact"),
        ("code", "X1", "no contact code"),
        ("code", "C200000", "already"),
        ("mobile_number", "", "Give the mobile number"),
        ("mobile_number", "12", "no phone number"),
        ("mobile_number", "+12015550177", "Another contact has this"),
        ("email", "x", "no e-mail address"),
        ("birth_date", "1.2.1985", "1985-03-02"),
        ("birth_date", "2985-03-02", "in the past"),
        ("name", "x" * 201, "200"),
        ("name", "a\x00b", "ull"),
        ("name", "a\x07b", "no name has"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_nothing_is_written(as_role, field, value, says):
    contact("C200000", "+12015550177")
    shown = as_role("Loyalty desk").post(page(Contact, "add"), NEW | {field: value})
    assert shown.status_code == 200
    assert list(shown.context["form"].errors) == [field]
    assert says in " ".join(shown.context["form"].errors[field])
    assert Contact.objects.count() == 1


@pytest.mark.parametrize("role", ["Supervisor", "Auditor", "Cash office clerk", "Integration admin"])
def test_only_the_desk_registers(as_role, role):
    assert as_role(role).post(page(Contact, "add"), NEW).status_code == 403
    assert not Contact.objects.exists()


def test_a_contact_is_changed_and_its_history_says_by_whom(as_role):
    one = contact()
    client = as_role("Supervisor")
    form = client.get(page(Contact, "edit", one.pk)).context["form"]
    sent = {name: form[name].value() or "" for name in form.fields}
    sent |= {f"initial-{name}": value for name, value in sent.items()}
    client.post(page(Contact, "edit", one.pk), sent | {"name": "Anna Bergmann", "birth_date": ""})
    one.refresh_from_db()
    assert (one.name, one.birth_date, one.mobile_number) == ("Anna Bergmann", None, PHONE)
    assert one.history.first().history_user.groups.get().name == "Supervisor"


def test_what_another_changed_meanwhile_is_not_changed_back(as_role):
    one = contact()
    client = as_role("Loyalty desk")
    form = client.get(page(Contact, "edit", one.pk)).context["form"]
    sent = {name: form[name].value() or "" for name in form.fields}
    sent |= {f"initial-{name}": value for name, value in sent.items()}
    contacts.change(one.code, {"mobile_number": "+12015550188"})
    client.post(page(Contact, "edit", one.pk), sent | {"name": "Anna Bergmann"})
    one.refresh_from_db()
    assert (one.name, one.mobile_number) == ("Anna Bergmann", "+12015550188")


def test_who_may_change_and_not_reveal_fills_in_what_is_new_and_the_rest_stays(client):
    one = contact(email="a@example.com")
    user = UserFactory.create()
    user.user_permissions.set(Permission.objects.filter(codename__in=["view_contact", "change_contact"]))
    client.force_login(user)
    shown = client.get(page(Contact, "edit", one.pk))
    assert "A••• B•••, ••••0123, a•••@•••" in shown.content.decode()
    empty = {"name": "", "mobile_number": "", "email": "", "birth_date": ""}
    client.post(page(Contact, "edit", one.pk), empty | {"email": "b@example.com"})
    one.refresh_from_db()
    assert (one.name, one.mobile_number, one.email) == ("Anna Berg", PHONE, "b@example.com")
    assert one.birth_date == dt.date(1984, 2, 29)
    assert not Reveal.objects.exists()


@pytest.mark.parametrize("role", ["Auditor", "Cash office clerk", "Integration admin"])
@pytest.mark.parametrize("act", ["edit", "erase", "reveal"])
def test_who_only_looks_changes_and_erases_nothing(as_role, role, act):
    one = contact()
    client = as_role(role)
    sent = {"name": "X", "initial-name": "", "code": one.code}
    assert {client.get(page(Contact, act, one.pk)).status_code} == {403}
    assert {client.post(page(Contact, act, one.pk), sent).status_code} == {403}
    one.refresh_from_db()
    assert (one.name, one.erased_at) == ("Anna Berg", None)


def test_erasing_says_what_goes_and_stays_and_wants_the_code(as_role):
    one = contact()
    holder = card(of=one)
    client = as_role("Supervisor")
    asked = client.get(page(Contact, "erase", one.pk)).content.decode()
    assert "What goes:" in asked
    assert "What stays:" in asked
    shown = client.post(page(Contact, "erase", one.pk), {"code": "C100002"})
    assert "nothing was erased" in str(shown.context["form"].errors["code"])
    one.refresh_from_db()
    assert one.erased_at is None
    answer = client.post(page(Contact, "erase", one.pk), {"code": "C100001"})
    assert "Erased." in said(answer)
    one.refresh_from_db()
    holder.refresh_from_db()
    assert (one.name, one.mobile_number, holder.status) == ("", None, "3")
    for entry in LogEntry.objects.all():
        assert "C100001" not in f"{entry.object_repr} {entry.change_message}"


def test_an_erased_contact_is_out_of_sight_offers_nothing_and_says_so(as_role):
    one = contact()
    card(of=one)
    erase(one.pk, "root")
    client = as_role("Supervisor")
    assert client.get(page(Contact, "changelist")).context["cl"].result_count == 0
    assert client.get(page(Contact, "changelist"), {"erased": "yes"}).context["cl"].result_count == 1
    shown = client.get(page(Contact, "change", one.pk))
    assert "Who it was is known no more" in shown.content.decode()
    assert not shown.context["actions_detail"]
    for act in ("edit", "erase"):
        assert "erased" in said(client.post(page(Contact, act, one.pk), {"code": "C100001", "name": "X"}))
    assert client.get(page(Card, "change", Card.objects.get(number=NUMBER).pk)).status_code == 200
