"""Accounts, ATMs and fault codes in the staff site: made, edited, uploaded; keys and credentials shown to nobody."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from incidents.models import Atm, FaultCode, LoomisAccount
from safes.keys import live_keys
from safes.models import MachineKey
from safes.sealing import unseal
from tests.incidents.making import atm_account, safepoint_account, site
from tests.staff import everything_in_the_database, page

pytestmark = pytest.mark.django_db

SAID = {
    "name": "loomis-east",
    "dialect": "safepoint",
    "customer_number": "C7",
    "service_provider": "LOOMIS",
    "transport": "http",
    "dispatch_url": "https://loomis.example/incidents",
    "auth_header": "Authorization",
    "credential": "Bearer of-a-secret",
    "host_key": "",
    "bank_name": "",
    "key_name": "Authorization",
    "acknowledge_minutes": "30",
    "notify": "",
}


def test_a_new_account_shows_its_key_once_and_keeps_neither_key_nor_credential_readable(staff):
    response = staff.post(page(LoomisAccount, "add"), SAID)
    shown = response.content.decode()
    _name, key = response.context["keys"][0]
    assert "/api/loomis/incidents/loomis-east" in shown
    account = LoomisAccount.objects.get()
    assert unseal(account.sealed_credential) == "Bearer of-a-secret"
    kept = everything_in_the_database()
    again = staff.get(page(LoomisAccount, "change", account.pk)).content.decode()
    for secret in (key, "of-a-secret"):
        assert secret not in kept
        assert secret not in again


def test_an_empty_credential_keeps_the_stored_one_and_a_switch_takes_it_away(staff):
    staff.post(page(LoomisAccount, "add"), SAID)
    account = LoomisAccount.objects.get()
    edited = {**SAID, "credential": "", "customer_number": "C8", "active": "on"}
    assert staff.post(page(LoomisAccount, "change", account.pk), edited).status_code == 302
    account.refresh_from_db()
    assert (account.customer_number, unseal(account.sealed_credential)) == ("C8", "Bearer of-a-secret")
    staff.post(page(LoomisAccount, "change", account.pk), {**edited, "forget_credential": "on"})
    account.refresh_from_db()
    assert not account.sealed_credential


def test_the_key_is_changed_with_an_overlap(staff):
    account = safepoint_account()
    keys = MachineKey.objects.filter(scope=MachineKey.Scope.INCIDENT_UPDATES, holder=account.pk)
    newest = keys.get().pk
    response = staff.post(page(LoomisAccount, "rotate", account.pk), {"overlap": "48", "newest_known": newest})
    assert response.context["keys"][0][1]
    assert keys.count() == 2
    assert len(live_keys(keys, keys[0].created_at)) == 2


@pytest.mark.parametrize(
    ("wrong", "field", "sentence"),
    [
        ({"dispatch_url": "http://loomis.example/x"}, "dispatch_url", "https:// alone"),
        ({"dispatch_url": "https://u:p@loomis.example/x"}, "dispatch_url", "password"),
        ({"transport": "sftp"}, "transport", "HTTP alone"),
        ({"dialect": "atm", "transport": "sftp"}, "dispatch_url", "sftp://user@host/"),
        ({"name": "a/b"}, "name", "Letters"),
        ({"notify": "nobody"}, "notify", "valid email"),
        ({"acknowledge_minutes": "0"}, "acknowledge_minutes", "1"),
    ],
)
def test_what_does_not_go_together_is_said_at_its_field(staff, wrong, field, sentence):
    response = staff.post(page(LoomisAccount, "add"), {**SAID, **wrong})
    assert sentence in " ".join(response.context["adminform"].form.errors[field])
    assert not LoomisAccount.objects.exists()


def test_name_and_dialect_stay_as_they_were_made(staff):
    account = safepoint_account()
    staff.post(page(LoomisAccount, "change", account.pk), {**SAID, "name": "other", "dialect": "atm", "active": "on"})
    account.refresh_from_db()
    assert (account.name, account.dialect, account.customer_number) == ("safes-1", "safepoint", "C7")


def test_an_account_that_fails_says_since_when_and_why(staff):
    account = safepoint_account()
    LoomisAccount.objects.update(failing_since=account.created_at, failures=3, error="Nobody listens there.")
    shown = staff.get(page(LoomisAccount, "change", account.pk)).content.decode()
    assert "Nobody listens there. So since" in shown
    assert "3 times in a row" in shown


def upload(staff, model, table: str, *, yes: bool = True):
    file = SimpleUploadedFile("table.csv", table.encode(), content_type="text/csv")
    preview = staff.post(page(model, "import"), {"import_file": file, "format": "0"})
    if not yes:
        return preview
    confirm = preview.context["confirm_form"].initial
    return staff.post(page(model, "process_import"), {**confirm, "format": "0"}, follow=True)


def test_atms_are_uploaded_after_a_look_and_keep_their_history(staff):
    atm_account(), site()
    table = "number,account,site,model\natm7,ATMS-1,s900,NCR\nATM8,atms-1,S900,\n"
    assert upload(staff, Atm, table, yes=False).context["result"].totals["new"] == 2
    assert not Atm.objects.exists()
    upload(staff, Atm, table)
    assert list(Atm.objects.values_list("number", "model")) == [("ATM7", "NCR"), ("ATM8", "")]
    upload(staff, Atm, table.replace("NCR", "Diebold"))
    atm = Atm.objects.get(number="ATM7")
    assert atm.history.count() == 2
    assert "upload of table.csv" in staff.get(page(Atm, "history", atm.pk)).content.decode()


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ("X1,nobody,S900,", "There is no Loomis account"),
        ("X1,atms-1,nowhere,", "There is no site"),
        ("X1,safes-1,S900,", "is for safes"),
        (",atms-1,S900,", ""),
    ],
)
def test_a_table_of_atms_with_a_wrong_cell_is_not_taken(staff, row, sentence):
    atm_account(), safepoint_account(), site()
    preview = upload(staff, Atm, f"number,account,site,model\nGOOD1,atms-1,S900,\n{row}\n", yes=False)
    assert preview.context.get("confirm_form") is None
    assert sentence in preview.content.decode()
    assert not Atm.objects.exists()


def test_fault_codes_are_uploaded_with_whether_they_need_amounts(staff):
    atm_account()
    table = "account,code,description,amounts_required\natms-1,F1,Reader,no\natms-1,SWAP,Cash swap,yes\n"
    upload(staff, FaultCode, table)
    assert FaultCode.objects.get(code="SWAP").amounts_required
    assert FaultCode.objects.get(code="F1").description == "Reader"
    assert "neither yes nor no" in upload(staff, FaultCode, table.replace("yes", "maybe"), yes=False).content.decode()


def test_an_atm_is_added_once_whatever_its_case_and_only_under_an_account_of_atms(staff):
    account, other, place = atm_account(), safepoint_account(), site()
    said = {"number": "atm7", "account": account.pk, "site": place.pk, "model": "", "active": "on"}
    assert staff.post(page(Atm, "add"), said).status_code == 302
    assert Atm.objects.get().number == "ATM7"
    assert "There is an ATM ATM7 already." in staff.post(page(Atm, "add"), said).content.decode()
    assert staff.post(page(Atm, "add"), {**said, "number": "x", "account": other.pk}).status_code == 200
    assert Atm.objects.count() == 1


def test_a_fault_code_is_added_once_an_account(staff):
    account = atm_account()
    said = {"account": account.pk, "code": "F1", "description": "", "active": "on"}
    assert "has the fault code F1 already" in staff.post(page(FaultCode, "add"), said).content.decode()
    assert staff.post(page(FaultCode, "add"), {**said, "code": "F2"}).status_code == 302
    assert staff.post(page(FaultCode, "add"), {"code": "F3"}).status_code == 200
