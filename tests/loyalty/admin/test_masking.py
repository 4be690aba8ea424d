"""Who may not reveal sees no number, name, phone, address or date of birth in full; who may leaves a trace."""

from __future__ import annotations

import csv
import datetime as dt
import io
from decimal import Decimal
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.contrib.messages import get_messages

from loyalty import cards, contacts, replacing
from loyalty.bonuses import ledger
from loyalty.codes import BonusType
from loyalty.models import Card, CardEvent, Contact, Entry, Lot, Reveal
from tests.factories import UserFactory
from tests.loyalty.making import ADMINISTRATOR, NUMBER, card, contact
from tests.staff import page, rooms

pytestmark = pytest.mark.django_db

DESK = "/admin/loyalty/card/desk/"
NEXT, PHONE = "5000123412340001", "+12025550187"
NAME, EMAIL, BORN = "Annegret Bergmann", "annegret@example.com", "1984-02-29"
EARLIER = "Annegret Zuckmayer"
# In full, and as a page would write it; digits in a row as well as grouped.
SECRETS = [NUMBER, NEXT, PHONE, PHONE[2:], *NAME.split(), *EARLIER.split(), EMAIL, "example.com", BORN, "1984"]


@pytest.fixture
def anna(staff) -> Contact:
    """Somebody with two cards, bonuses, an earlier name, and every kind of row about her."""
    someone = contact(mobile=PHONE, name=EARLIER, email=EMAIL, birth_date=dt.date.fromisoformat(BORN))
    contacts.change(someone.code, {"name": NAME})
    one = card(of=someone)
    card(NEXT, issued=False)
    ledger.accrue(NUMBER, Decimal(10), BonusType.CASH, None, None, "r1", ADMINISTRATOR)
    replacing.replace(NUMBER, NEXT, ADMINISTRATOR)
    cards.block(NEXT, "", "0", ADMINISTRATOR)
    staff.post(page(Card, "reveal", one.pk))
    staff.post(page(Contact, "edit", someone.pk), {"name": NAME, "initial-name": "x"})
    return Contact.objects.get()


@pytest.fixture
def viewer(client):
    """Somebody who may do all there is to do with cards, but reveal."""

    def become():
        user = UserFactory.create()
        of_loyalty = Permission.objects.filter(content_type__app_label__in=["loyalty", "safes", "admin"])
        user.user_permissions.set(of_loyalty.exclude(codename="reveal_contact"))
        client.force_login(user)
        return client

    return become


def pages_of_loyalty() -> list[str]:
    """Every list, and every page of every row, that the rooms of the app have."""
    addresses = [DESK, "/admin/"]
    for model in rooms():
        if model._meta.app_label != "loyalty":
            continue
        addresses += [page(model, "changelist"), page(model, "add")]
        room: Any = admin.site._registry[model]
        acts = [name for name in room.actions_detail or () if isinstance(name, str)]
        for pk in model._default_manager.values_list("pk", flat=True):
            addresses += [page(model, what, pk) for what in ("change", "history", "delete", *acts)]
    return addresses


def assert_masked(shown: str, where: object) -> None:
    for secret in SECRETS:
        assert secret not in shown, (where, secret)


def test_no_page_shows_anything_in_full_without_the_permission(anna, viewer):
    client, seen = viewer(), 0
    for address in pages_of_loyalty():
        response = client.get(address, follow=True)
        seen += response.status_code == 200
        assert_masked(response.content.decode(), address)
        assert_masked(str(response.redirect_chain), address)
    assert seen > 20


@pytest.mark.parametrize("typed", ["anne", "1234", "0001", "C100001"])
def test_the_desk_finds_by_what_it_does_not_show(anna, viewer, typed):
    response = viewer().post(DESK, {"q": typed}, follow=True)
    assert "••••0001" in response.content.decode() or "••••1234" in response.content.decode()
    assert_masked(response.content.decode(), typed)
    assert_masked(str(response.redirect_chain), typed)


@pytest.mark.parametrize("typed", [PHONE, NUMBER, NAME])
def test_what_is_typed_stands_in_no_address(anna, viewer, typed):
    response = viewer().post(DESK, {"q": typed}, follow=True)
    assert response.status_code == 200
    for address, _ in response.redirect_chain:
        assert typed not in address
        assert_masked(address, typed)


def test_what_somebody_typed_is_shown_to_nobody_else(anna, staff, as_role):
    address = staff.post(DESK, {"q": "nobody at all"})["Location"]
    assert "nobody at all" in staff.get(f"{DESK}{address}").content.decode()
    assert "nobody at all" not in as_role("Loyalty desk").get(f"{DESK}{address}").content.decode()
    for odd in ("x", "gAAAA", "²", "\x00"):
        assert staff.get(DESK, {"asked": odd}).status_code == 200


@pytest.mark.parametrize(
    "asked",
    ["name__startswith", "mobile_number", "email__icontains", "birth_date", "cards__number", "code__startswith"],
)
def test_a_contact_is_not_found_out_letter_by_letter_through_the_address(anna, viewer, asked):
    for value in ("A", PHONE, "1984-02-29"):
        assert viewer().get(page(Contact, "changelist"), {asked: value}).status_code == 400


@pytest.mark.parametrize("asked", ["number__startswith", "contact__name__startswith", "number"])
def test_a_card_is_not_found_out_digit_by_digit_through_the_address(anna, viewer, asked):
    assert viewer().get(page(Card, "changelist"), {asked: "4"}).status_code == 400
    for model in (Entry, Lot, CardEvent, Reveal):
        assert viewer().get(page(model, "changelist"), {f"card__{asked}": "4"}).status_code == 400


def test_lists_are_not_sorted_by_what_they_do_not_show(anna, viewer):
    for model in (Card, Contact):
        for column in range(1, 6):
            ordered = viewer().get(page(model, "changelist"), {"o": str(column)}).context["cl"].queryset
            assert not {"number", "contact", "code", "name", "mobile_number", "email"} & set(ordered.query.order_by)


def test_the_history_of_a_contact_tells_that_it_changed_and_not_what_it_was(anna, staff):
    shown = staff.get(page(Contact, "history", anna.pk)).content.decode()
    assert "another, which looks the same" not in shown
    assert "A••• Z•••" in shown
    assert_masked(shown, "history")
    contacts.change(anna.code, {"birth_date": "1985-02-28"})
    assert "another, which looks the same" in staff.get(page(Contact, "history", anna.pk)).content.decode()


def test_who_may_reveal_sees_it_in_full_on_one_answer_and_is_written_down(anna, as_role):
    client = as_role("Loyalty desk")
    one = Card.objects.get(number=NEXT)
    before = Reveal.objects.count()
    assert_masked(client.get(page(Card, "change", one.pk)).content.decode(), "before")
    answer = client.post(page(Card, "reveal", one.pk))
    shown = answer.content.decode()
    for secret in (NEXT, NAME, PHONE, EMAIL, BORN):
        assert secret in shown
    assert "no-store" in answer["Cache-Control"]
    written = Reveal.objects.latest("id")
    assert Reveal.objects.count() == before + 1
    assert (written.card, written.contact, written.by) == (one, anna, answer.wsgi_request.user.username)
    after = client.get(page(Card, "change", one.pk)).content.decode()
    assert_masked(after, "after")
    assert f"Seen in full by {written.by}" in after


def test_a_contact_is_revealed_on_its_own_page(anna, as_role):
    answer = as_role("Supervisor").post(page(Contact, "reveal", anna.pk))
    assert NAME in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    assert Reveal.objects.latest("id").contact == anna


@pytest.mark.parametrize("role", ["Cash office clerk", "Auditor", "Integration admin"])
def test_who_may_not_reveal_is_refused_and_nothing_is_written_or_shown(anna, as_role, role):
    before = Reveal.objects.count()
    client = as_role(role)
    for door in (page(Contact, "reveal", anna.pk), page(Card, "reveal", Card.objects.latest("id").pk)):
        answer = client.post(door)
        assert answer.status_code == 403
        assert_masked(answer.content.decode(), door)
    assert Reveal.objects.count() == before


def test_asking_without_pressing_the_button_reveals_nothing(anna, as_role):
    before = Reveal.objects.count()
    answer = as_role("Loyalty desk").get(page(Contact, "reveal", anna.pk))
    assert answer.status_code == 302
    assert Reveal.objects.count() == before


def test_the_form_of_who_may_not_reveal_is_empty_and_of_others_a_trace(anna, viewer, as_role):
    assert_masked(viewer().get(page(Contact, "edit", anna.pk)).content.decode(), "form")
    client, before = as_role("Loyalty desk"), Reveal.objects.count()
    assert NAME in client.get(page(Contact, "edit", anna.pk)).content.decode()
    assert Reveal.objects.count() == before + 1


def table(client, model) -> list[dict[str, str]]:
    answer = client.post(page(model, "as_file"), {"format": "csv"}, follow=True)
    return list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))


@pytest.mark.parametrize("model", [Card, Contact, CardEvent, Entry, Lot, Reveal])
def test_a_file_is_masked_without_the_permission(anna, viewer, model):
    rows = table(viewer(), model)
    assert rows
    assert_masked(str(rows), model)
    assert "in full" not in LogEntry.objects.latest("id").change_message


def test_a_file_is_in_full_with_the_permission_and_the_log_says_so(anna, as_role):
    client = as_role("Loyalty desk")
    [row] = table(client, Contact)
    assert (row["name"], row["email"], row["birth date"]) == (NAME, EMAIL, BORN)
    assert row["mobile number"] == f"'{PHONE}"  # no formula
    assert "personal data in full" in LogEntry.objects.latest("id").change_message
    assert {row["number"] for row in table(client, Card)} == {NUMBER, NEXT}
    assert "personal data in full" in LogEntry.objects.latest("id").change_message


@pytest.mark.parametrize("name", ["=1+1", "@SUM(A1)", "-2+3", "+3"])
def test_no_name_is_taken_for_a_formula(anna, as_role, name):
    Contact.objects.update(name=name)
    [row] = table(as_role("Loyalty desk"), Contact)
    assert row["name"] == f"'{name}"


def test_amounts_are_numbers_in_a_file(anna, viewer):
    assert {row["change"] for row in table(viewer(), Entry)} == {"10.00", "-10.00"}
    assert {row["balance"] for row in table(viewer(), Card)} == {"10.00", "0.00"}


def test_the_log_of_staff_and_messages_hold_nothing_in_full(anna, as_role):
    client = as_role("Supervisor")
    one = Card.objects.get(number=NEXT)
    client.post(page(Card, "block", one.pk), {"reason": "2"})
    answer = client.post(page(Contact, "edit", anna.pk), {"name": NAME, "email": EMAIL, "mobile_number": PHONE})
    assert_masked(" ".join(str(one) for one in get_messages(answer.wsgi_request)), "messages")
    for entry in LogEntry.objects.all():
        assert_masked(f"{entry.object_repr} {entry.change_message}", entry.pk)
