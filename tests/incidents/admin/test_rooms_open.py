"""Every page of incidents opens, for whom it is meant, in few queries however many rows there are."""

from __future__ import annotations

import pytest
from django.urls import reverse
from django.utils import timezone

from incidents.models import Atm, FaultCode, Incident, IncidentMessage, LoomisAccount
from tests.incidents.making import atm_wanted, incident, safe_wanted
from tests.staff import page

pytestmark = pytest.mark.django_db

ROOMS = [Atm, FaultCode, Incident, IncidentMessage, LoomisAccount]
BOARD, RAISE = "/admin/incidents/incident/board/", "/admin/incidents/incident/add/"


def said(about: Incident | None, account: LoomisAccount, body: bytes = b'{"MessageType": "ACK"}') -> IncidentMessage:
    return IncidentMessage.objects.create(
        account=account,
        incident=about,
        direction=IncidentMessage.Direction.IN,
        via=IncidentMessage.Via.UPDATE,
        type="ack",
        body=body,
        at=timezone.now(),
        reading={"type": "ack", "reference": "77", "number": "INC7", "eta": "2026-11-22T10:00:00+00:00"},
        warnings=["customernumber is missing."],
        applied_at=timezone.now(),
    )


@pytest.fixture
def life() -> list[Incident]:
    """Incidents of both dialects, one a draft, with messages that are repeats, orphans and no markup."""
    made = [incident(), incident(atm_wanted()), incident(safe_wanted(subject="<b>Door</b>"), draft=True)]
    for one in made:
        said(one, one.account, b"<script>alert(1)</script>")
    said(None, made[0].account)
    return made


@pytest.mark.parametrize("model", ROOMS)
def test_every_list_opens_when_there_is_nothing(staff, model):
    assert staff.get(page(model, "changelist")).status_code == 200


@pytest.mark.parametrize("address", [BOARD, RAISE])
def test_board_and_form_open_when_there_is_nothing(staff, address):
    assert staff.get(address).status_code == 200


@pytest.mark.parametrize("model", ROOMS)
def test_a_list_needs_no_more_queries_for_more_rows(staff, life, model, django_assert_max_num_queries):
    for number in range(12):
        wanted = atm_wanted(device=f"B{number}") if number % 2 else safe_wanted(device=f"SR8{number:04d}")
        one = incident(wanted)
        said(one, one.account)
    with django_assert_max_num_queries(15):
        response = staff.get(page(model, "changelist"))
    assert response.status_code == 200
    assert response.context["cl"].result_count > 0


@pytest.mark.parametrize("model", ROOMS)
def test_every_row_has_a_page_within_twenty_five_queries(staff, life, model, django_assert_max_num_queries):
    for pk in model._default_manager.values_list("pk", flat=True):
        with django_assert_max_num_queries(25):
            assert staff.get(page(model, "change", pk)).status_code == 200


@pytest.mark.parametrize("model", [Atm, FaultCode, LoomisAccount, Incident])
def test_every_row_has_a_history(staff, life, model):
    for pk in model._default_manager.values_list("pk", flat=True):
        assert staff.get(page(model, "history", pk)).status_code == 200


@pytest.mark.parametrize("address", [BOARD, f"{RAISE}?account=safes-1", f"{RAISE}?account=atms-1&device=ATM00001"])
def test_board_and_form_need_at_most_twenty_five_queries(staff, life, address, django_assert_max_num_queries):
    for number in range(40):
        incident(safe_wanted(device=f"SR9{number:04d}"))
    with django_assert_max_num_queries(25):
        assert staff.get(address).status_code == 200


@pytest.mark.parametrize("model", ROOMS)
def test_every_filter_and_search_answers_whatever_is_asked_of_it(staff, life, model):
    response = staff.get(page(model, "changelist"))
    names = {name for spec in response.context["cl"].filter_specs for name in spec.expected_parameters()}
    for value in ("", "1", "all", "no such thing", "2026-13-99", "9" * 30, "'; --", "\x00"):
        for asked in (dict.fromkeys(names, value), {"q": value}):
            assert staff.get(page(model, "changelist"), asked).status_code in (200, 302), asked


@pytest.mark.parametrize("asked", ["account", "site", "dialect", "device", "finding", "like", "choose"])
@pytest.mark.parametrize("value", ["1", "no such thing", "9" * 30, "'; --", "\x00", "²"])
def test_board_and_form_answer_whatever_stands_in_their_address(staff, life, asked, value):
    for address in (BOARD, RAISE):
        assert staff.get(address, {asked: value}).status_code == 200


def test_what_loomis_and_staff_wrote_is_never_taken_for_markup(staff, life):
    pages = [BOARD, *(page(Incident, "change", one.pk) for one in life)]
    pages += [page(IncidentMessage, "change", pk) for pk in IncidentMessage.objects.values_list("pk", flat=True)]
    for address in pages:
        shown = staff.get(address).content.decode()
        assert "<script>alert(1)" not in shown
        assert "<b>Door" not in shown
    assert "&lt;script&gt;alert(1)" in staff.get(page(Incident, "change", life[0].pk)).content.decode()


@pytest.mark.parametrize("model", [Incident, IncidentMessage])
def test_what_was_said_can_be_neither_edited_nor_deleted(staff, life, model):
    row = model._default_manager.latest("pk")
    before = model._default_manager.filter(pk=row.pk).values().get()
    assert staff.post(page(model, "change", row.pk), {"type": "close", "state": "closed"}).status_code == 403
    assert staff.post(page(model, "delete", row.pk), {"post": "yes"}).status_code == 403
    assert model._default_manager.filter(pk=row.pk).values().get() == before
    assert not staff.get(page(model, "change", row.pk)).context["adminform"].form.fields


@pytest.mark.parametrize("model", [LoomisAccount, Atm])
def test_what_incidents_refer_to_is_made_inactive_not_deleted(staff, life, model):
    for row in model._default_manager.all():
        assert staff.post(page(model, "delete", row.pk), {"post": "yes"}).status_code == 403


def doors(one: Incident) -> list[str]:
    acts = ("send", "edit", "send_again", "send_cancel_again", "cancel", "discard", "raise_again")
    return [RAISE, *(page(Incident, act, one.pk) for act in acts)]


def test_the_anonymous_are_sent_to_the_log_in(client, life):
    message = IncidentMessage.objects.latest("pk")
    account = life[0].account
    looks = [BOARD, page(IncidentMessage, "download", message.pk), page(LoomisAccount, "rotate", account.pk)]
    for door in [*looks, *doors(life[0]), *(page(model, "changelist") for model in ROOMS)]:
        for response in (client.get(door), client.post(door, {})):
            assert response.status_code == 302, door
            assert response["Location"].startswith(reverse("admin:login"))


def test_who_only_looks_may_do_nothing_and_who_may_not_look_sees_nothing(as_role, life):
    auditor, loyalty = "Auditor", "Loyalty desk"
    client = as_role(auditor)
    assert {client.get(door).status_code for door in [BOARD, *(page(model, "changelist") for model in ROOMS)]} == {200}
    for one in life:
        assert client.get(page(Incident, "change", one.pk)).status_code == 200
        assert {client.get(door).status_code for door in doors(one)} == {403}
        assert {client.post(door, {"text": "x"}).status_code for door in doors(one)} == {403}
    client = as_role(loyalty)
    assert {client.get(door).status_code for door in [BOARD, *(page(model, "changelist") for model in ROOMS)]} == {403}


def test_a_clerk_raises_and_only_the_desk_sends_again_and_cancels(as_role, life):
    client = as_role("Cash office clerk")
    assert client.get(RAISE).status_code == 200
    acts = ("send_again", "send_cancel_again", "cancel")
    assert {client.post(page(Incident, act, life[0].pk), {"text": "x"}).status_code for act in acts} == {403}
    client = as_role("Incident desk")
    assert client.get(page(Incident, "cancel", life[0].pk)).status_code == 200
