"""Deliveries in the staff site: the raw bytes as they came, what became of them, and reading them again."""

from __future__ import annotations

import json
import re
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from safes.admin.raw_text import laid_out
from safes.models import Finding
from tests.factories import AdministratorFactory, PushEndpointFactory, body_of, cash_in, deliver
from tests.staff import page
from transactions.models import AuditEvent, Delivery, DeliveryBody, Message, Transaction

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(client):
    client.force_login(AdministratorFactory.create())
    return client


@pytest.fixture
def endpoint():
    return PushEndpointFactory.create()


@pytest.mark.parametrize(
    "body",
    [
        body_of(cash_in()),
        b'\xef\xbb\xbf{ "Transactions" : [ ] }',
        b"<html><script>alert(1)</script></html>",
        bytes(range(256)),
        b"",
        b'{"CustomerTransaction": {"a": 1.50}, "CustomerTransaction": {"a": 2}}',
        b"[" * 50_000,
    ],
    ids=["a push", "a byte order mark", "markup", "every byte", "nothing", "repeated names", "a nesting bomb"],
)
def test_the_download_is_the_exact_bytes_and_the_page_shows_them_escaped(staff, endpoint, body):
    delivery = deliver(endpoint, body)
    response = staff.get(page(Delivery, "download", delivery.pk))
    assert response.content == body
    assert response["Content-Type"] == "application/octet-stream"
    assert response["Content-Disposition"].startswith("attachment;")
    assert response["X-Content-Type-Options"] == "nosniff"
    shown = staff.get(page(Delivery, "raw", delivery.pk))
    assert shown.status_code == 200
    assert b"<script>alert(1)" not in shown.content


def test_the_raw_page_keeps_repeated_names_and_the_spelling_of_numbers():
    text = '{"T": {"a": 1.50, "b": []}, "T": {"a": 1E+2, "c": "x, {y}: \\"z\\""}}'
    shown = laid_out(text, 1000)
    assert shown is not None
    assert shown.splitlines() == [
        "{",
        '  "T": {',
        '    "a": 1.50,',
        '    "b": []',
        "  },",
        '  "T": {',
        '    "a": 1E+2,',
        '    "c": "x, {y}: \\"z\\""',
        "  }",
        "}",
    ]
    assert json.loads(shown) == json.loads(text)
    assert laid_out("not JSON", 1000) is None
    cut = laid_out(json.dumps(list(range(1000))), 100)
    assert cut is not None
    assert len(cut) < 120


def test_a_repeat_shows_the_bytes_of_the_delivery_it_repeats(staff, endpoint):
    body = body_of(cash_in())
    deliver(endpoint, body)
    again = deliver(endpoint, body)
    assert staff.get(page(Delivery, "download", again.pk)).content == body


def test_a_purged_body_is_told_of_in_a_sentence(staff, endpoint):
    delivery = deliver(endpoint, body_of(cash_in()))
    DeliveryBody.objects.all().delete()
    for what in ("raw", "download"):
        response = staff.get(page(Delivery, what, delivery.pk), follow=True)
        assert response.redirect_chain[0][0] == page(Delivery, "change", delivery.pk)
        assert "was purged" in response.content.decode()
    response = staff.post(page(Delivery, "read_again", delivery.pk), follow=True)
    assert "could not be read again" in response.content.decode()


def test_reading_again_asks_first_and_then_changes_nothing_that_is_right(staff, endpoint):
    delivery = deliver(endpoint, body_of(cash_in()))
    before = list(Transaction.objects.values())
    assert staff.get(page(Delivery, "read_again", delivery.pk)).status_code == 200
    response = staff.post(page(Delivery, "read_again", delivery.pk), follow=True)
    assert "Read again: accepted, 1 rows, 1 created" in response.content.decode()
    assert list(Transaction.objects.values()) == before


def test_reading_again_records_what_was_only_stored(staff, endpoint, django_capture_on_commit_callbacks):
    delivery = deliver(endpoint, body_of(cash_in("XX1")), recorded=False)
    with django_capture_on_commit_callbacks(execute=True):
        staff.post(page(Delivery, "read_again", delivery.pk))
    assert Transaction.objects.count() == 1
    assert Finding.objects.filter(kind="unknown_safe", state="open").exists()


def test_quarantined_rows_say_why_and_what_cash_they_speak_of(staff, endpoint):
    bad = [cash_in(Amount=-250, TransactionDateTime="soon"), cash_in(Amount="some"), cash_in(Amount=5, SerialNumber="")]
    delivery = deliver(endpoint, body_of(cash_in(), *bad))
    shown = staff.get(page(Delivery, "change", delivery.pk)).content.decode()
    assert "3 rows could not be understood, speaking of 255.00 in cash; 1 of them without an amount" in shown
    for row in delivery.quarantined_rows.all():
        assert row.reason.split(":")[0].replace("“", "").split("”")[0] in shown


def test_a_delivery_leads_to_its_transactions_those_first_shown_elsewhere_too(staff, endpoint):
    shared, own = cash_in(), cash_in(Amount=5, Denominations=None)
    deliver(endpoint, body_of(shared))
    second = deliver(endpoint, body_of(shared, own))
    assert second.message_id is not None
    query = {"message": second.message_id, "business_date_from": "1990-01-01"}
    shown = staff.get(page(Transaction, "changelist"), query).context["cl"]
    assert shown.result_count == 2


def test_a_transaction_leads_to_every_delivery_that_showed_it(staff, endpoint):
    row = cash_in()
    first, second = deliver(endpoint, body_of(row)), deliver(PushEndpointFactory.create(), body_of(row))
    shown = staff.get(page(Transaction, "change", Transaction.objects.get().pk)).content.decode()
    for delivery in (first, second):
        assert page(Delivery, "change", delivery.pk) in shown


@pytest.mark.parametrize("how", ["number", "id", "upper case id"])
def test_a_delivery_is_found_by_its_number_and_by_its_message_id(staff, endpoint, how):
    deliver(endpoint, body_of(cash_in()))
    wanted = deliver(endpoint, body_of(cash_in(), message_id="0b6f3a55-2d0e-4f43-8f6d-6b7a1f0f9c10"))
    ids = {"number": str(wanted.pk), "id": "0b6f3a55-2d0e-4f43-8f6d-6b7a1f0f9c10"}
    term = ids.get(how, "0B6F3A55-2D0E-4F43-8F6D-6B7A1F0F9C10")
    shown = staff.get(page(Delivery, "changelist"), {"q": term}).context["cl"]
    assert [row.pk for row in shown.result_list] == [wanted.pk]


def test_a_delivery_is_found_by_its_message_id_however_old_and_so_are_its_repeats(staff, endpoint):
    body = body_of(cash_in(), message_id="m1")
    old, again = deliver(endpoint, body, days_ago=90), deliver(endpoint, body)
    deliver(endpoint, body_of(cash_in()))

    def found(**asked: str) -> list[int]:
        return [row.pk for row in staff.get(page(Delivery, "changelist"), asked).context["cl"].result_list]

    assert found(q="M1") == [again.pk, old.pk]
    assert found(q=str(old.pk)) == [old.pk]
    assert found(q="M1", status__exact="accepted") == [old.pk]
    assert found(q="M1", received_at_from=f"{again.received_at:%Y-%m-%d}") == [again.pk]
    assert old.pk not in found()


def test_a_message_id_is_looked_for_by_indexes(staff, endpoint):
    deliver(endpoint, body_of(cash_in(), message_id="m1"))
    with CaptureQueriesContext(connection) as queries:
        staff.get(page(Delivery, "changelist"), {"q": "m1"})
    asked = [one["sql"] for one in queries if Message._meta.db_table in one["sql"] and '"key" =' in one["sql"]]
    assert len(asked) == 1
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {asked[0]}")
        plan = "\n".join(line for (line,) in cursor.fetchall())
    # Which of its indexes the planner takes on a table of one row is its own affair, and differs from run to run.
    assert "Seq Scan" not in plan, plan
    assert re.search(r"Index Cond: .*key\)?::text = ", plan), plan


def test_a_delivery_leads_to_its_rows_and_their_lists_lead_back(staff, endpoint):
    body = body_of(cash_in(), cash_in(TransactionType="Logon", Amount=None), message_id="m1")
    first, again = deliver(endpoint, body), deliver(endpoint, body)
    deliver(endpoint, body_of(cash_in(Amount=5, Denominations=None)))
    for delivery in (first, again):
        shown = staff.get(page(Delivery, "change", delivery.pk)).content.decode()
        for model in (Transaction, AuditEvent):
            link = re.search(rf'href="({re.escape(page(model, "changelist"))}\?[^"]*message=[^"]*)"', shown)
            assert link is not None
            listed = staff.get(unescape(link[1]))
            assert listed.context["cl"].result_count == 1
            assert f'href="{page(Delivery, "change", first.pk)}"' in listed.content.decode()


def test_rows_of_test_endpoints_are_shown_when_asked_for_only(staff):
    deliver(PushEndpointFactory.create(environment="test"), body_of(cash_in()))
    assert staff.get(page(Transaction, "changelist")).context["cl"].result_count == 0
    assert staff.get(page(Transaction, "changelist"), {"book": "2"}).context["cl"].result_count == 1
