"""Tables of contacts and cards: looked at before anything changes, refused cell by cell, good rows without the bad."""

from __future__ import annotations

import datetime as dt
import io
import re
from html import unescape
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from loyalty.models import Card, CardEvent, Contact, Reveal
from tests.loyalty.making import NUMBER, PHONE, card, contact
from tests.staff import page

pytestmark = pytest.mark.django_db
CSV, XLSX = "0", "1"
CONTACTS = "code,name,mobile_number,email,birth_date\n"
CARDS = "number,category_code,type_code\n"


def test_contacts_are_registered_when_somebody_has_said_yes(staff):
    looked = look(
        staff, Contact, CONTACTS + 'C100001,"Berg, Anna",(201) 555-0123,,1984-02-29\nC100002,,+12015550124,,\n'
    )
    assert "2 new, 0 changed, 0 as they are already" in looked.content.decode()
    assert not Contact.objects.exists()
    accept(staff, Contact, looked)
    anna = Contact.objects.get(code="C100001")
    assert (anna.name, anna.mobile_number, anna.birth_date) == ("Berg, Anna", PHONE, dt.date(1984, 2, 29))
    assert anna.history.get().history_change_reason == "upload of table"


def test_bad_cells_are_told_and_the_good_rows_go_in_alone(staff):
    contact("C100009", "+12015550199")
    table = CONTACTS + (
        "C100001,Anna,201-555-0123,,\n"
        "X1,Bert,201-555-0124,,\n"
        "C100003,Carl,12,,\n"
        "C100004,Dora,201-555-0125,dora,\n"
        "C100005,Emil,201-555-0126,,2999-01-01\n"
        "C100006,Fritz,201-555-0199,,\n"
        "C100007,Gerd,201-555-0123,,\n"
    )
    looked = look(staff, Contact, table)
    assert {(row, column) for row, column, _, _ in mistakes(looked)} == {
        ("3", "code"),
        ("4", "mobile_number"),
        ("5", "email"),
        ("6", "birth_date"),
        ("7", "mobile_number"),
        ("8", "mobile_number"),
    }
    assert all(reason.endswith(".") for *_, reason in mistakes(looked))
    form = looked.context["good_form"]
    staff.post(page(Contact, "process_import"), form.initial, follow=True)
    assert set(Contact.objects.values_list("code", flat=True)) == {"C100001", "C100009"}


def test_a_contact_that_is_there_is_changed_by_the_columns_that_are_given(staff):
    contact(email="anna@example.com")
    contact("C100002", "+12015550124", name="Bert")
    looked = look(staff, Contact, "Code,Mobile Number,Name\nC100001,201 555 0177,Anna Berg\nC100002,2015550124,Bert\n")
    assert "0 new, 1 changed, 1 as they are already" in looked.content.decode()
    accept(staff, Contact, looked)
    anna = Contact.objects.get(code="C100001")
    assert (anna.mobile_number, anna.email, anna.birth_date) == (
        "+12015550177",
        "anna@example.com",
        dt.date(1984, 2, 29),
    )
    assert Contact.history.filter(code="C100002").count() == 1


def test_a_preview_that_shows_what_is_known_is_written_down(staff):
    one, same, other = contact(), contact("C100002", "+12015550124", name="Bert"), contact("C100003", "+12015550125")
    look(
        staff,
        Contact,
        "code,mobile_number,name\nC100001,2015550177,Anna\nC100002,2015550124,Bert\nC100009,2015550199,\n",
    )
    assert {seen.contact for seen in Reveal.objects.all()} == {one, same}
    assert all(seen.by for seen in Reveal.objects.all())
    assert other.reveals.count() == 0


def test_a_spreadsheet_may_hold_phones_as_numbers_and_dates_as_dates(staff):
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["code", "name", "mobile_number", "birth_date"])
    sheet.append(["C100001", "Anna", 12015550123, dt.date(1984, 2, 29)])
    sheet.append(["C100002", "'=SUM(A1)", "'+12015550124", None])
    file = io.BytesIO()
    book.save(file)
    accept(staff, Contact, look(staff, Contact, file.getvalue(), XLSX))
    assert list(Contact.objects.order_by("code").values_list("name", "mobile_number", "birth_date")) == [
        ("Anna", PHONE, dt.date(1984, 2, 29)),
        ("=SUM(A1)", "+12015550124", None),
    ]


def test_cards_are_made_new_and_what_is_there_stays(staff):
    card()
    looked = look(staff, Card, CARDS + f"4000567856785678,1,2\n{NUMBER},0,0\n")
    assert "1 new, 0 changed, 1 as they are already" in looked.content.decode()
    accept(staff, Card, looked)
    made = Card.objects.get(number="4000567856785678")
    assert (made.status, made.category, made.type) == ("0", "1", "2")
    event = CardEvent.objects.get(card=made)
    assert (event.what, event.role, event.by_person) == ("made", "administrator", True)
    assert CardEvent.objects.filter(card__number=NUMBER, what="made").count() == 1


def test_what_is_wrong_with_a_card_is_told_by_its_column(staff):
    card()
    looked = look(staff, Card, CARDS + f"12,0,0\n4000567856785678,7,\n{NUMBER},1,0\n4000777777777777,0,1\n")
    assert {(row, column) for row, column, _, _ in mistakes(looked)} == {
        ("2", "number"),
        ("3", "category_code"),
        ("3", "type_code"),
        ("4", "number"),
    }
    staff.post(page(Card, "process_import"), looked.context["good_form"].initial, follow=True)
    assert set(Card.objects.values_list("number", flat=True)) == {NUMBER, "4000777777777777"}


@pytest.mark.parametrize(
    "table", ["number,category\n1,2\n", "code\nC100001\n", "", "code,mobile_number,pin\n", "\x00\n"]
)
@pytest.mark.parametrize("model", [Contact, Card])
def test_another_table_is_refused_whole(staff, model, table):
    assert look(staff, model, table).status_code == 200
    assert not model.objects.exists()


def test_who_may_not_see_personal_data_in_full_uploads_none_and_nobody_downloads_here(as_role, staff):
    contact()
    for model in (Contact, Card):
        assert staff.get(page(model, "export")).status_code == 403
    for role in ("Loyalty desk", "Supervisor", "Auditor", "Cash office clerk", "Incident desk", "Integration admin"):
        somebody = as_role(role)
        for model in (Contact, Card):
            wanted = 200 if role == "Loyalty desk" else 403
            assert somebody.get(page(model, "import")).status_code == wanted, (role, model)
            if wanted == 403:
                assert look(somebody, model, CONTACTS).status_code == 403


def look(staff: Any, model: Any, content: str | bytes, kind: str = CSV) -> Any:
    data = content.encode() if isinstance(content, str) else content
    return staff.post(page(model, "import"), {"format": kind, "import_file": SimpleUploadedFile("table", data)})


def accept(staff: Any, model: Any, looked: Any) -> Any:
    return staff.post(page(model, "process_import"), looked.context["confirm_form"].initial, follow=True)


def mistakes(response: Any) -> list[tuple[str, ...]]:
    """Row, column, what stands there, and what is wrong with it."""
    lines = re.findall(
        r'<tr><th scope="row">(\d+)</th><td>(.*?)</td><td><code>(.*?)</code></td><td>(.*?)</td></tr>',
        response.content.decode(),
    )
    return [tuple(map(unescape, line)) for line in lines]
