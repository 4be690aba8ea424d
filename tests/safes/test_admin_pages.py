"""What every page of the staff site is held to, whatever is on it."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.urls import reverse

from safes.accounts import add_account
from safes.admin.bases import EstimatingPaginator
from safes.estate import place_safe
from safes.models import Finding, MachineAccount, Register, Safe, Site
from tests.factories import (
    PASSWORD,
    AdministratorFactory,
    PushEndpointFactory,
    RegisterFactory,
    SiteFactory,
    UserFactory,
    body_of,
    cash_in,
    deliver,
)
from tests.staff import page, rooms
from transactions.models import (
    AuditEvent,
    ChannelCompleteness,
    Delivery,
    OtherCash,
    PhysicalCount,
    Pickup,
    PushEndpoint,
    SafeDay,
    SiteDay,
    Taking,
    TillDay,
    Transaction,
)
from transactions.reconciliation.counts.keeping import Said, enter_count
from transactions.reconciliation.takings.book import Teller
from transactions.reconciliation.takings.keeping import keep
from transactions.reconciliation.takings.other_cash import add_other_cash

pytestmark = pytest.mark.django_db

OURS = [
    *(Site, Safe, Register, Finding, Delivery, Transaction, AuditEvent, PushEndpoint, MachineAccount),
    *(ChannelCompleteness, SafeDay, Pickup, PhysicalCount, SiteDay, TillDay, Taking, OtherCash),
]
VIEW_ONLY = [Finding, Delivery, Transaction, AuditEvent, ChannelCompleteness, SafeDay, Pickup, SiteDay, TillDay]


@pytest.fixture
def staff(client):
    client.force_login(AdministratorFactory.create())
    return client


@pytest.fixture
def life():
    """A little of everything: two sites, placed and unknown safes, good, bad, twin and repeated rows."""
    site = SiteFactory.create()
    SiteFactory.create()
    place_safe("SR10042", site)
    RegisterFactory.create_batch(3, site=site)
    add_account("erp", "reader")
    date = dt.datetime.now(dt.UTC).date() - dt.timedelta(days=1)
    enter_count(Safe.objects.get(serial_number="SR10042"), Said("contents", "check", date, "USD", Decimal(100)), None)
    said = {"site": site.code, "business_date": str(date), "register": "7", "amount": "12", "cashier": "<b>Anna</b>"}
    keep([said], Teller(Taking.Source.API))
    add_other_cash(site, date, OtherCash.Kind.DEPOSIT, "5", "<b>slip 7</b>", None)
    endpoint = PushEndpointFactory.create()
    body = body_of(
        cash_in(),
        cash_in("XX1", Amount=7, Denominations=[{"UnitValue": 5, "Count": 1}], Unlisted="<b>bold</b>"),
        cash_in(TransactionType="CoinShake", UserName="<script>alert(1)</script>"),
        cash_in(TransactionType="DoorOpened", DoorName="Upper", Amount=None),
        cash_in(Amount="<i>much</i>"),
    )
    deliver(endpoint, body)
    deliver(endpoint, body)
    deliver(endpoint, body_of(cash_in()))
    deliver(endpoint, b"<html>not JSON</html>")
    deliver(endpoint, body_of(cash_in(Amount=9, Denominations=None)), recorded=False)


@pytest.mark.parametrize("model", OURS)
def test_every_list_opens_when_there_is_nothing(staff, model):
    assert staff.get(page(model, "changelist")).status_code == 200


@pytest.mark.parametrize("model", OURS)
def test_every_list_opens_within_fifteen_queries(staff, life, model, django_assert_max_num_queries):
    with django_assert_max_num_queries(15):
        response = staff.get(page(model, "changelist"))
    assert response.status_code == 200
    assert response.context["cl"].result_count > 0


@pytest.mark.parametrize("model", OURS)
def test_a_list_needs_no_more_queries_for_more_rows(staff, life, model, django_assert_max_num_queries):
    for number in range(12):
        site = SiteFactory.create()
        place_safe(f"N{number}", site)
        RegisterFactory.create(site=site)
        rows = [cash_in(f"X{number}"), cash_in(f"X{number}", TransactionType="Logon", Amount=None)]
        deliver(PushEndpointFactory.create(), body_of(*rows))
    with django_assert_max_num_queries(15):
        assert staff.get(page(model, "changelist")).status_code == 200


@pytest.mark.parametrize("model", OURS)
def test_every_row_has_a_page_within_twenty_five_queries(staff, life, model, django_assert_max_num_queries):
    for pk in model._default_manager.values_list("pk", flat=True):
        with django_assert_max_num_queries(25):
            assert staff.get(page(model, "change", pk)).status_code == 200


@pytest.mark.parametrize("model", [*OURS, User])
def test_every_filter_and_search_answers_whatever_is_asked_of_it(staff, life, model):
    response = staff.get(page(model, "changelist"))
    names = {name for spec in response.context["cl"].filter_specs for name in spec.expected_parameters()}
    for value in ("", "1", "all", "no such thing", "2026-13-99", "9" * 30, "'; --", "\x00"):
        for asked in (dict.fromkeys(names, value), {"q": value}):
            answer = staff.get(page(model, "changelist"), asked)
            assert answer.status_code in (200, 302), asked


@pytest.mark.parametrize("model", VIEW_ONLY)
def test_view_only_is_refused_at_the_door_and_shows_no_field_to_edit(staff, life, model):
    row = model._default_manager.first()
    before = model._default_manager.filter(pk=row.pk).values().get()
    assert staff.get(page(model, "add")).status_code == 403
    assert staff.post(page(model, "add"), {}).status_code == 403
    assert staff.post(page(model, "change", row.pk), {"type": "Servicing", "amount": "1"}).status_code == 403
    assert staff.post(page(model, "delete", row.pk), {"post": "yes"}).status_code == 403
    marked = {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"}
    staff.post(page(model, "changelist"), marked)
    assert model._default_manager.filter(pk=row.pk).values().get() == before
    response = staff.get(page(model, "change", row.pk))
    assert not response.context["adminform"].form.fields


@pytest.mark.parametrize("model", OURS)
def test_nothing_is_deleted_by_the_dozen(staff, life, model):
    assert "delete_selected" not in dict(staff.get(page(model, "changelist")).context.get("action_choices", ()))


@pytest.mark.parametrize(
    "model",
    [Safe, Finding, Delivery, Transaction, AuditEvent, PushEndpoint, MachineAccount, Taking, OtherCash],
)
def test_what_was_said_of_cash_cannot_be_deleted(staff, life, model):
    row = model._default_manager.first()
    assert staff.post(page(model, "delete", row.pk), {"post": "yes"}).status_code == 403
    assert model._default_manager.filter(pk=row.pk).exists()


def test_what_loomis_sent_is_never_taken_for_markup(staff, life):
    for model in (Transaction, Delivery):
        for pk in model._default_manager.values_list("pk", flat=True):
            shown = staff.get(page(model, "change", pk)).content.decode()
            for markup in ("<script>alert(1)", "<b>bold</b>", "<i>much</i>"):
                assert markup not in shown
    shown = staff.get(page(Transaction, "changelist")).content.decode()
    assert "<script>alert(1)" not in shown
    assert "&lt;script&gt;alert(1)" in shown


def test_every_room_sends_the_anonymous_to_the_log_in(client, life):
    for model in rooms():
        for what in ("changelist", "add"):
            response = client.get(page(model, what))
            assert response.status_code == 302
            assert response["Location"].startswith(reverse("admin:login"))
    delivery, endpoint, finding = Delivery.objects.all()[0], PushEndpoint.objects.all()[0], Finding.objects.all()[0]
    doors = [
        page(Delivery, "raw", delivery.pk),
        page(Delivery, "download", delivery.pk),
        page(Delivery, "read_again", delivery.pk),
        page(PushEndpoint, "rotate", endpoint.pk),
        *(page(Finding, act, finding.pk) for act in ("settle", "comment", "hand_over")),
    ]
    for door in doors:
        for response in (client.get(door), client.post(door, {})):
            assert response.status_code == 302
            assert response["Location"].startswith(reverse("admin:login"))


def test_staff_without_permission_are_kept_out_and_viewers_may_look_but_not_act(client, life):
    clerk = UserFactory.create()
    client.force_login(clerk)
    delivery, endpoint, finding = Delivery.objects.all()[0], PushEndpoint.objects.all()[0], Finding.objects.all()[0]
    looks = [page(model, "changelist") for model in OURS] + [
        page(Delivery, "raw", delivery.pk),
        page(Delivery, "download", delivery.pk),
    ]
    acts = [
        page(Delivery, "read_again", delivery.pk),
        page(PushEndpoint, "rotate", endpoint.pk),
        *(page(Finding, act, finding.pk) for act in ("settle", "comment", "hand_over")),
    ]
    assert {client.get(door).status_code for door in looks + acts} == {403}
    wanted = [f"view_{model._meta.model_name}" for model in OURS]
    clerk.user_permissions.set(Permission.objects.filter(codename__in=wanted))
    assert {client.get(door).status_code for door in looks} == {200}
    assert {client.post(door, {"comment": "x"}).status_code for door in acts} == {403}


def test_logging_in_leads_to_the_overview(client):
    user = AdministratorFactory.create()
    user.set_password(PASSWORD)
    user.save()
    response = client.post(reverse("admin:login"), {"username": user.username, "password": PASSWORD})
    assert response["Location"] == reverse("admin:index")
    assert client.get(response["Location"]).status_code == 200


def test_the_sidebar_shows_only_what_one_may_see(client):
    clerk = UserFactory.create()
    clerk.user_permissions.set(Permission.objects.filter(codename="view_finding"))
    client.force_login(clerk)
    shown = client.get(reverse("admin:index")).content.decode()
    assert page(Finding, "changelist") in shown
    assert page(PushEndpoint, "changelist") not in shown


@pytest.mark.parametrize("model", [Transaction, AuditEvent])
def test_a_list_shows_the_last_31_days_unless_asked_for_more(staff, model):
    endpoint = PushEndpointFactory.create()
    kind: dict[str, Any] = {"TransactionType": "Logon", "Amount": None} if model is AuditEvent else {}
    old = dt.datetime.now(dt.UTC) - dt.timedelta(days=60)
    deliver(endpoint, body_of(cash_in(**kind), cash_in(TransactionDateTime=f"{old:%Y-%m-%dT%H:%M:%S}", **kind)))
    shown = staff.get(page(model, "changelist")).context["cl"]
    assert shown.result_count == 1
    asked = staff.get(page(model, "changelist"), {"business_date_from": f"{old - dt.timedelta(days=2):%Y-%m-%d}"})
    assert asked.context["cl"].result_count == 2


def test_a_long_list_is_estimated_not_counted(staff, life, monkeypatch, django_assert_max_num_queries):
    monkeypatch.setattr("safes.admin.bases.COUNTED", 1)
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {Transaction._meta.db_table}")
    whole = EstimatingPaginator(Transaction.objects.order_by("-id"), 10)
    part = EstimatingPaginator(Transaction.objects.filter(kind="validated"), 10)
    stored = Transaction.objects.count()
    with django_assert_max_num_queries(4):
        assert whole.count == stored
        assert part.count >= 2
    assert EstimatingPaginator([1, 2, 3], 10).count == 3
    assert staff.get(page(Transaction, "changelist")).status_code == 200
