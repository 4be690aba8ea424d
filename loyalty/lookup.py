"""The balance of a card: one query for the card, its contact and its lots. DOMAIN.md, section 4."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from django.db import connection

from loyalty.bonuses.standing import LotFacts, bonus_rows
from loyalty.codes import BonusStatus, BonusType, CardStatus, CardType, Category
from loyalty.formats import as_e164, is_card_number, is_contact_code
from loyalty.models import Card, Contact, Lot
from loyalty.results import Key, Refused
from loyalty.today import today

_CARD, _CONTACT, _LOT = Card._meta.db_table, Contact._meta.db_table, Lot._meta.db_table

# What is left by the dates that it depends on, and all that was burnt: as much as there is to tell, however many lots
# a card ever had.
_LOTS = f"""
    SELECT json_agg(json_build_array(type, remaining::text, burnt::text, active_from, expires_on)) FROM (
        SELECT type, sum(remaining) AS remaining, sum(burnt) AS burnt,
            CASE WHEN remaining > 0 THEN active_from END AS active_from,
            CASE WHEN remaining > 0 THEN expires_on END AS expires_on
        FROM {_LOT} WHERE card_id = card.id GROUP BY 1, 4, 5
    ) AS lots
"""
_FOUND = f"""
    SELECT card.number, card.status, card.category, card.type, contact.mobile_number, contact.code, contact.name,
        ({_LOTS})
    FROM {_CARD} card LEFT JOIN {_CONTACT} contact ON contact.id = card.contact_id
"""
_BY_NUMBER = f"{_FOUND} WHERE card.number = %s"
# As loyalty.cards.by_preference has it.
_PREFERRED = "ORDER BY (card.block_reason = '4'), (card.status <> '2'), card.id DESC LIMIT 1"
_BY_CODE = f"{_FOUND} WHERE contact.code = %s {_PREFERRED}"
_BY_PHONE = f"{_FOUND} WHERE contact.mobile_number = %s {_PREFERRED}"
# One after the other, and the second only if there is need.
_BY_NUMBER_OR_CODE = f"({_BY_NUMBER}) UNION ALL ({_BY_CODE}) LIMIT 1"

_EVER = dt.date.min


def by_value(value: str) -> dict[str, Any]:
    """The balance of the card with this number, or else of the contact with this code. Raises Refused."""
    is_number, is_code = is_card_number(value), is_contact_code(value)
    if is_number and is_code:
        found = _one(_BY_NUMBER_OR_CODE, value, value)
    elif is_number:
        found = _one(_BY_NUMBER, value)
    elif is_code:
        found = _one(_BY_CODE, value)
    else:
        raise Refused(Key.INVALID_CARD_NUMBER, "This is neither a card number nor a contact code: look at its format.")
    if found is not None:
        return found
    if is_number:
        raise Refused(Key.CANNOT_FIND_CARD_NUMBER, "There is no card with this number.")
    raise Refused(Key.CANNOT_FIND_CONTACT_CODE, "There is no contact with this code who has a card.")


def by_phone(phone: str) -> dict[str, Any]:
    """The balance of the card that the contact with this phone uses. Raises Refused."""
    mobile = as_e164(phone)
    if mobile is None:
        raise Refused(Key.INVALID_MOBILE_NUMBER, "This is no phone number: give it with its country, as +12015550123.")
    found = _one(_BY_PHONE, mobile)
    if found is None:
        raise Refused(Key.CANNOT_FIND_MOBILE_NUMBER, "There is no contact with this mobile number who has a card.")
    return found


def _one(query: str, *wanted: str) -> dict[str, Any] | None:
    with connection.cursor() as cursor:
        cursor.execute(query, wanted)
        row = cursor.fetchone()
    return None if row is None else _balance(*row)


def _balance(
    number: str,
    status: str,
    category: str,
    type: str,
    mobile: str | None,
    code: str | None,
    name: str | None,
    lots: list[list[str | None]] | None,
) -> dict[str, Any]:
    bonuses = _bonuses(lots, status == CardStatus.BLOCKED) if lots else []
    return {
        "Number": number,
        "MobileNumber": mobile or "",
        "Code": code or "",
        "StatusCode": status,
        "StatusName": _NAMES[CardStatus][status],
        "Name": name or "",
        "CategoryCode": category,
        "CategoryName": _NAMES[Category][category],
        "TypeCode": type,
        "TypeName": _NAMES[CardType][type],
        "Bonuses": bonuses,
        # The document has a name for the collection and another for what is in it; callers read either.
        "BonusesInfo": bonuses,
    }


def _bonuses(lots: list[list[str | None]], is_blocked: bool) -> list[dict[str, Any]]:
    facts = [
        LotFacts(
            type=type or "",
            remaining=Decimal(remaining or 0),
            burnt=Decimal(burnt or 0),
            active_from=dt.date.fromisoformat(active_from) if active_from else _EVER,
            expires_on=dt.date.fromisoformat(expires_on) if expires_on else None,
        )
        for type, remaining, burnt, active_from, expires_on in lots
    ]
    return [
        {
            "Amount": row.amount,
            "StatusCode": row.status.value,
            "StatusName": _NAMES[BonusStatus][row.status],
            "ExpireDate": row.expires_on,
            "TypeCode": row.type.value,
            "TypeName": _NAMES[BonusType][row.type],
        }
        for row in bonus_rows(facts, is_blocked=is_blocked, today=today())
    ]


# Django's own labels are looked up member by member each time.
_NAMES: dict[Any, dict[str, str]] = {
    table: {member.value: str(member.label) for member in table}
    for table in (CardStatus, Category, CardType, BonusStatus, BonusType)
}
