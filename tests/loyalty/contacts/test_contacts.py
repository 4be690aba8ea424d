"""Registering and changing contacts: one writes at a time, and what is known of whom is never two people's."""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from loyalty import contacts
from loyalty.models import Contact
from tests.loyalty.making import PHONE

ANNA = {"code": "C100001", "name": "  Anna \t Berg ", "mobile_number": "201-555-0123", "birth_date": "1984-02-29"}


@pytest.mark.django_db
def test_what_is_written_is_what_is_meant() -> None:
    anna = contacts.register({**ANNA, "email": " anna@example.com "})
    assert (anna.code, anna.name, anna.mobile_number) == ("C100001", "Anna Berg", PHONE)
    assert (anna.email, anna.birth_date) == ("anna@example.com", dt.date(1984, 2, 29))


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["Ödön Ärlig", "王小明", "O'Neil-Smith", "Зоя", "عمر", "👩‍🍳 Anna", "=1+1", "x" * 200])
def test_people_are_called_as_they_are(name: str) -> None:
    assert contacts.register({**ANNA, "name": name}).name == name


@pytest.mark.django_db
def test_a_date_may_come_as_one() -> None:
    assert contacts.register({**ANNA, "birth_date": dt.date(1900, 1, 1)}).birth_date == dt.date(1900, 1, 1)
    for day in (dt.date(1899, 12, 31), dt.date(2999, 1, 1), dt.datetime(1984, 2, 29, tzinfo=dt.UTC)):
        with pytest.raises(ValidationError, match="date of birth"):
            contacts.change("C100001", {"birth_date": day})


@pytest.mark.django_db
def test_everything_wrong_is_said_at_once_and_nothing_is_written() -> None:
    contacts.register(ANNA)
    with pytest.raises(ValidationError) as refused:
        contacts.register({"code": "C100001", "mobile_number": PHONE, "email": "x", "birth_date": "y", "name": "\x00"})
    assert set(refused.value.message_dict) == {"code", "mobile_number", "email", "birth_date", "name"}
    with pytest.raises(ValidationError) as refused:
        contacts.register({"name": "Nobody"})
    assert set(refused.value.message_dict) == {"code", "mobile_number"}
    assert Contact.objects.count() == 1


@pytest.mark.django_db
def test_formats_follow_the_settings(settings: Any) -> None:
    settings.LOYALTY_CONTACT_CODE_PATTERN = "[A-Z]{3}"
    settings.PHONE_DEFAULT_REGION = "CH"
    anna = contacts.register({"code": "ABC", "mobile_number": "079 123 45 67"})
    assert (anna.code, anna.mobile_number) == ("ABC", "+41791234567")


@pytest.mark.django_db
def test_a_change_that_changes_nothing_leaves_no_trace() -> None:
    contacts.register(ANNA)
    contacts.change("C100001", ANNA)
    assert Contact.history.count() == 1
    contacts.change("C100001", {"name": "Anna Stern"})
    assert list(Contact.history.order_by("-history_id").values_list("name", flat=True)) == ["Anna Stern", "Anna Berg"]


@pytest.mark.django_db
def test_who_is_not_there_cannot_be_changed() -> None:
    with pytest.raises(Contact.DoesNotExist):
        contacts.change("C999999", {"name": "X"})


@pytest.mark.django_db(transaction=True)
def test_of_twenty_who_register_one_phone_at_once_one_has_it() -> None:
    def register(number: int) -> str:
        try:
            contacts.register({**ANNA, "code": f"C2000{number:02}"})
        except ValidationError as error:
            return ",".join(error.message_dict)
        finally:
            connection.close()
        return "done"

    with ThreadPoolExecutor(20) as threads:
        said = list(threads.map(register, range(20)))
    assert sorted(said) == ["done"] + ["mobile_number"] * 19
    assert Contact.objects.count() == 1
