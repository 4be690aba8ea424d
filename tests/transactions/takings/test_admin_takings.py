"""Takings, deposits and registers in the staff site: typed in, uploaded, put right, withdrawn, confirmed."""

from __future__ import annotations

import datetime as dt
import io
import re
from html import unescape
from typing import Any

import openpyxl
import pytest
from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile

from safes.models import Finding, Register
from tests.factories import AdministratorFactory, RegisterFactory, SiteFactory, UserFactory
from tests.staff import page
from tests.transactions.pushing import open_findings
from tests.transactions.takings.telling import DAY, now, site_days, taking, tell, turn
from tests.transactions.takings.wrong import WRONG_TEXTS
from transactions.models import OtherCash, Taking

pytestmark = pytest.mark.django_db
CSV, XLSX = "0", "1"
HEADINGS = ("site", "business_date", "register", "cashier", "amount", "reference")
FIELDS = dict(zip(HEADINGS, ("site_code", "day", "till", "person", "sum", "number"), strict=True))
MARCH = {"business_date_from": "2026-03-01", "business_date_to": "2026-03-31"}


@pytest.fixture
def site():
    with now():
        yield SiteFactory.create(code="S1", time_zone="UTC")


@pytest.fixture
def staff(client, site):
    client.force_login(AdministratorFactory.create(username="anna"))
    return client


def typed(**changes: str) -> dict[str, str]:
    row = {"site": "S1", "business_date": DAY, "register": "1", "cashier": "", "amount": "40", "reference": ""}
    return {FIELDS[name]: value for name, value in {**row, **changes}.items()}


def errors(response: Any) -> dict[str, list[str]]:
    found: dict[str, list[str]] = response.context["adminform"].form.errors
    return found


def table(*rows: dict[str, str]) -> bytes:
    lines = [HEADINGS, *([row.get(name, "") for name in HEADINGS] for row in rows)]
    return "\n".join(",".join(f'"{cell}"' for cell in line) for line in lines).encode()


def workbook(*rows: tuple[Any, ...]) -> bytes:
    book, file = openpyxl.Workbook(), io.BytesIO()
    for row in (HEADINGS, *rows):
        book.active.append(row)
    book.save(file)
    return file.getvalue()


def look(staff: Any, content: bytes, kind: str = CSV) -> Any:
    file = SimpleUploadedFile("march.csv", content)
    return staff.post(page(Taking, "import"), {"format": kind, "import_file": file})


def accept(staff: Any, looked: Any, form: str = "confirm_form") -> Any:
    wanted = {name: value for name, value in looked.context[form].initial.items() if value is not False}
    return staff.post(page(Taking, "process_import"), wanted, follow=True)


def cells(response: Any) -> list[tuple[str, ...]]:
    lines = re.findall(
        r'<tr><th scope="row">(\d+)</th><td>(.*?)</td><td><code>(.*?)</code></td><td>(.*?)</td></tr>',
        response.content.decode(),
    )
    return [tuple(map(unescape, line)) for line in lines]


# --- typed in -----------------------------------------------------------------------------------------------------


def test_takings_are_typed_in_and_told_by_whom(staff, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        answer = staff.post(page(Taking, "add"), typed(cashier="Anna", reference="Z-7"))
    assert answer.status_code == 302
    row = Taking.objects.get()
    assert (row.register.code, str(row.amount), row.cashier, row.reference) == ("1", "40.0000", "Anna", "Z-7")
    assert (row.source, str(row.entered_by)) == ("typed", "anna")
    assert row.history.get().history_user.username == "anna"
    assert ("till_variance", f"S1 {DAY} USD") in open_findings()


@pytest.mark.parametrize(("changes", "name", "reason"), WRONG_TEXTS)
def test_what_is_wrong_is_told_beside_its_field(staff, changes, name, reason):
    answer = staff.post(page(Taking, "add"), typed(**changes))
    assert answer.status_code == 200
    ((field, (sentence, *_)),) = errors(answer).items()
    assert field == FIELDS[name]
    assert reason in sentence
    assert not Taking.objects.exists()


def test_characters_that_cannot_be_kept_are_refused(staff):
    answer = staff.post(page(Taking, "add"), typed(reference="a\x00b"))
    assert answer.status_code == 200
    assert list(errors(answer)) == ["number"]


def test_typing_what_is_there_already_says_so(staff):
    tell(taking("40"), taking("50", reference="R-1"))
    assert set(errors(staff.post(page(Taking, "add"), typed()))) == {"till"}
    assert set(errors(staff.post(page(Taking, "add"), typed(reference="R-1")))) == {"number"}


def test_takings_are_put_right(staff):
    (outcome,) = tell(taking("40"))
    assert outcome.taking is not None
    address = page(Taking, "change", outcome.taking.pk)
    form = staff.get(address).context["adminform"].form
    assert form.initial == typed(amount="40.0000")
    staff.post(address, typed(amount="41", business_date="2026-03-15", register="2"))
    assert site_days() == {"S1 2026-03-15 USD": (0, 41, -41, -41)}
    assert Taking.objects.get().source == "typed"
    assert list(errors(staff.post(address, typed(amount="-1")))) == ["sum"]


def test_takings_are_withdrawn_with_a_word_and_never_deleted(staff):
    (outcome,) = tell(taking("40"))
    assert outcome.taking is not None
    door = page(Taking, "withdraw", outcome.taking.pk)
    assert staff.get(door).status_code == 200
    assert "Say why" in staff.post(door, {"comment": " "}).content.decode()
    staff.post(door, {"comment": "typed twice"})
    assert site_days() == {}
    assert "withdrawn already" in staff.post(door, {"comment": "again"}, follow=True).content.decode()
    assert staff.post(page(Taking, "delete", outcome.taking.pk), {"post": "yes"}).status_code == 403
    listed = page(Taking, "changelist")
    assert staff.get(listed, MARCH).context["cl"].result_count == 0
    assert staff.get(listed, MARCH | {"standing": "withdrawn"}).context["cl"].result_count == 1
    told = staff.get(page(Taking, "history", outcome.taking.pk)).content.decode()
    assert "withdrawn: typed twice" in told


# --- uploaded -----------------------------------------------------------------------------------------------------


def row(**changes: str) -> dict[str, str]:
    return {"site": "S1", "business_date": DAY, "register": "1", "amount": "40", **changes}


def test_a_table_is_looked_at_and_then_taken(staff):
    tell(taking("7", reference="B"), taking("9", "2"))
    looked = look(staff, table(row(reference="A"), row(reference="B", amount="8"), row(register="2", amount="9.00")))
    assert "1 new, 1 changed, 1 as they are already" in looked.content.decode()
    assert Taking.objects.count() == 2
    accept(staff, looked)
    kept = Taking.objects.order_by("reference").values_list("reference", "amount", "source")
    assert [(name, int(amount), source) for name, amount, source in kept] == [
        ("A", 40, "upload"),
        ("B", 8, "upload"),
        (None, 9, "api"),
    ]
    assert str(Taking.objects.get(reference="A").entered_by) == "anna"
    assert "upload of march.csv" in Taking.objects.get(reference="A").history.get().history_change_reason
    assert site_days()[f"S1 {DAY} USD"][1] == 57


@pytest.mark.parametrize(("changes", "name", "reason"), WRONG_TEXTS)
def test_the_preview_says_what_is_wrong_with_a_row(staff, changes, name, reason):
    looked = look(staff, table(row(), row(register="2") | changes))
    ((number, column, _, sentence),) = cells(looked)
    assert (number, column) == ("3", name)
    assert reason in sentence
    assert not Taking.objects.exists()
    assert not Register.objects.exists()


def test_good_rows_can_go_in_without_the_bad(staff):
    looked = look(staff, table(row(), row(amount="x", register="2"), row(register="3"), row(site="NO")))
    assert looked.context.get("confirm_form") is None
    shown = looked.content.decode()
    assert "Import the good rows" in shown
    assert "2 new, 0 changed" in shown
    assert not Taking.objects.exists()
    answer = accept(staff, looked, "good_form")
    assert "Left out as it stood: 2 rows." in answer.content.decode()
    assert sorted(Taking.objects.values_list("register__code", flat=True)) == ["1", "3"]
    assert site_days()[f"S1 {DAY} USD"][1] == 80


def test_a_table_without_a_good_row_offers_none(staff):
    looked = look(staff, table(row(amount="x")))
    assert "Import the good rows" not in looked.content.decode()


def test_what_went_wrong_since_the_preview_undoes_all_of_it(staff, site):
    gone = SiteFactory.create(code="S2")
    looked = look(staff, table(row(), row(site="S2")))
    gone.delete()
    assert "Nothing was imported" in accept(staff, looked).content.decode()
    assert not Taking.objects.exists()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"site,business_date,register\nS1,2026-03-14,1\n", "The column amount is missing"),
        (b"site,business_date,register,amount,refrence\nS1,2026-03-14,1,5,R\n", "There is no column “refrence”"),
        (b"site,business_date,register,amount\n", "No valid data to import"),
    ],
)
def test_a_table_that_is_none_is_refused_with_a_sentence_and_nothing_else(staff, content, sentence):
    shown = look(staff, content).content.decode()
    assert sentence in shown
    for word in ("Traceback", "object has no", "Keeping", "None", "Import the good rows"):
        assert word not in shown


def test_two_amounts_for_one_till_in_a_table_are_not_guessed_at(staff):
    looked = look(staff, table(row(), row(amount="41"), row(register="2", reference="A"), row(register="2")))
    assert [cell[:2] for cell in cells(looked)] == [("3", "reference")]
    tell(taking("40"))  # as the first row has it
    looked = look(staff, table(row(), row(amount="41")))
    assert [cell[:2] for cell in cells(looked)] == [("3", "reference")]


def test_a_spreadsheet_is_read_with_its_own_numbers_and_dates(staff):
    date = dt.datetime(2026, 3, 14)  # noqa: DTZ001 - a spreadsheet knows no zones
    content = workbook(("S1", date, 7, None, 0.1 + 0.2, 1042), ("S1", date.date(), "8", "Bob", 40, None))
    looked = look(staff, content, XLSX)
    assert cells(looked) == []
    accept(staff, looked)
    kept = Taking.objects.order_by("register__code").values_list("register__code", "cashier", "amount", "reference")
    assert [(till, who, f"{amount:.4f}", number) for till, who, amount, number in kept] == [
        ("7", "", "0.3000", "1042"),
        ("8", "Bob", "40.0000", None),
    ]


def test_the_same_table_again_changes_nothing_and_what_was_withdrawn_comes_back(staff):
    content = table(row(), row(register="2", reference="A"))
    accept(staff, look(staff, content))
    assert "0 new, 0 changed, 2 as they are already" in look(staff, content).content.decode()
    Taking.objects.filter(reference="A").update(withdrawn_at="2026-03-20T00:00:00Z")
    looked = look(staff, content)
    assert "0 new, 1 changed, 1 as they are already" in looked.content.decode()
    accept(staff, looked)
    assert not Taking.objects.exclude(withdrawn_at=None).exists()


def test_what_is_downloaded_can_be_uploaded_again(staff):
    tell(taking("40", "=1", cashier="@bob", reference="-7"), taking("41", "2"))
    asked = {f"takingresource_{name}": "on" for name in HEADINGS}
    content = staff.post(page(Taking, "export"), {"format": CSV, "resource": "0", **asked}).content
    assert b"'=1" in content
    assert "0 new, 0 changed, 2 as they are already" in look(staff, content).content.decode()


# --- deposits and petty cash --------------------------------------------------------------------------------------


def deposit(site: Any, **changes: str) -> dict[str, str]:
    return {"where": str(site.pk), "day": DAY, "what": "deposit", "till": "", "sum": "30", "why": "slip 7", **changes}


def test_a_deposit_is_entered_and_withdrawn_with_a_word(staff, site):
    RegisterFactory.create(site=site, code="1")
    tell(taking("50"))
    assert staff.post(page(OtherCash, "add"), deposit(site, till="1")).status_code == 302
    line = OtherCash.objects.get()
    assert (str(line.entered_by), line.currency, str(line.register)) == ("anna", "USD", "1")
    assert site_days()[f"S1 {DAY} USD"][3] == -20
    assert staff.get(page(OtherCash, "change", line.pk)).status_code == 200
    assert staff.post(page(OtherCash, "change", line.pk), deposit(site, sum="31")).status_code == 403
    staff.post(page(OtherCash, "withdraw", line.pk), {"comment": "of another day"})
    assert site_days()[f"S1 {DAY} USD"][3] == -50
    assert OtherCash.objects.get().withdrawn_because == "of another day"
    again = staff.post(page(OtherCash, "withdraw", line.pk), {"comment": "again"}, follow=True)
    assert "withdrawn already" in again.content.decode()


@pytest.mark.parametrize(
    ("changes", "field", "reason"),
    [
        ({"where": ""}, "where", "required"),
        ({"day": "14.3.2026"}, "day", "not a date"),
        ({"day": "2026-03-22"}, "day", "in the future"),
        ({"day": "1999-12-31"}, "day", "before 2000"),
        ({"what": "loan"}, "what", "valid choice"),
        ({"till": "9"}, "till", "no register 9"),
        ({"sum": "0"}, "sum", "above 0"),
        ({"sum": "-5"}, "sum", "negative"),
        ({"sum": "1.00001"}, "sum", "four decimals"),
        ({"sum": "10000000000"}, "sum", "10,000,000,000"),
        ({"why": " "}, "why", "Say what for"),
    ],
)
def test_a_wrong_line_is_told_beside_its_field(staff, site, changes, field, reason):
    answer = staff.post(page(OtherCash, "add"), deposit(site, **changes))
    assert answer.status_code == 200
    assert list(errors(answer)) == [field]
    assert reason in errors(answer)[field][0]
    assert not OtherCash.objects.exists()


# --- registers ----------------------------------------------------------------------------------------------------


def test_a_register_is_confirmed_by_a_button_or_by_the_dozen(staff):
    tell(taking("1", "7"), taking("2", "8"), taking("3", "9"))
    turn()
    seven, *others = Register.objects.order_by("code")
    finding = Finding.objects.get(kind="unknown_register", subject="S1 7")
    shown = staff.get(page(Finding, "change", finding.pk)).content.decode()
    assert page(Register, "change", seven.pk) in shown
    assert staff.get(page(Register, "confirm", seven.pk)).status_code == 200
    staff.post(page(Register, "confirm", seven.pk))
    finding.refresh_from_db()
    assert finding.state == "closed"
    assert "confirmed already" in staff.post(page(Register, "confirm", seven.pk), follow=True).content.decode()
    marked = {"action": "confirm_marked", "_selected_action": [other.pk for other in others]}
    staff.post(page(Register, "changelist"), marked)
    assert not Register.objects.filter(confirmed=False).exists()
    assert not Finding.objects.filter(kind="unknown_register", state="open").exists()


def test_naming_a_register_confirms_it_too(staff):
    tell(taking("1", "7"))
    turn()
    register = Register.objects.get()
    staff.post(page(Register, "change", register.pk), {"name": "Kiosk"})
    register.refresh_from_db()
    assert (register.name, register.confirmed) == ("Kiosk", True)
    assert ("unknown_register", "S1 7") not in open_findings()


# --- who, and at what cost ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "views", "writes"),
    [
        ("Cash office clerk", True, True),
        ("Supervisor", True, True),
        ("Auditor", True, False),
        ("Integration admin", True, False),
        ("Incident desk", False, False),
        ("Loyalty desk", False, False),
    ],
)
def test_clerks_work_on_takings_auditors_look(client, site, role, views, writes):
    (outcome,) = tell(taking("40"))
    assert outcome.taking is not None
    somebody = UserFactory.create()
    somebody.groups.set(Group.objects.filter(name=role))
    client.force_login(somebody)
    for model in (Taking, OtherCash):
        assert (client.get(page(model, "changelist")).status_code == 200) == views
        assert (client.get(page(model, "add")).status_code == 200) == writes
    assert (client.get(page(Taking, "import")).status_code == 200) == writes
    assert (client.get(page(Taking, "withdraw", outcome.taking.pk)).status_code == 200) == writes
    change = client.post(page(Taking, "change", outcome.taking.pk), typed(amount="41"))
    assert (change.status_code == 302 and Taking.objects.get().amount == 41) == writes


def test_screens_take_few_queries(staff, site, django_assert_max_num_queries):
    tell(*(taking(str(number), str(number)) for number in range(30)))
    OtherCash.objects.bulk_create(
        OtherCash(site=site, business_date=DAY, kind="deposit", currency="USD", amount=1, note="x") for _ in range(10)
    )
    turn()
    taken = Taking.objects.all()[0]
    for address in (
        page(Taking, "changelist"),
        page(Taking, "change", taken.pk),
        page(Taking, "add"),
        page(OtherCash, "changelist"),
        page(OtherCash, "change", OtherCash.objects.all()[0].pk),
        page(OtherCash, "add"),
        page(Register, "changelist"),
    ):
        with django_assert_max_num_queries(20):
            assert staff.get(address, MARCH if address.endswith(("taking/", "cash/")) else {}).status_code == 200
