"""What the schema says of the card service, whose views are none of REST framework: it speaks as its document does."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from loyalty.codes import BonusStatus, BonusType, CardStatus, CardType, Category
from loyalty.results import Fault, Key

Description = dict[str, Any]

_TEXT: Description = {"type": "string"}
_BONUS: Description = {
    "type": "object",
    "required": ["Amount", "StatusCode", "StatusName", "ExpireDate", "TypeCode", "TypeName"],
    "properties": {
        "Amount": {"type": "number", "description": "Exact, with two decimals."},
        "StatusCode": {"type": "string", "enum": BonusStatus.values},
        "StatusName": {"type": "string", "enum": BonusStatus.labels},
        "ExpireDate": {"type": ["string", "null"], "format": "date", "description": "With StatusCode 4 alone."},
        "TypeCode": {"type": "string", "enum": BonusType.values},
        "TypeName": {"type": "string", "enum": BonusType.labels},
    },
}
_BONUSES: Description = {"type": "array", "items": {"$ref": "#/components/schemas/CardBonus"}}
_BALANCE: Description = {
    "Number": _TEXT,
    "MobileNumber": {"type": "string", "description": "E.164; empty while the card is nobody's."},
    "Code": {"type": "string", "description": "The contact's; empty while the card is nobody's."},
    "StatusCode": {"type": "string", "enum": CardStatus.values},
    "StatusName": {"type": "string", "enum": CardStatus.labels},
    "Name": _TEXT,
    "CategoryCode": {"type": "string", "enum": Category.values},
    "CategoryName": {"type": "string", "enum": Category.labels},
    "TypeCode": {"type": "string", "enum": CardType.values},
    "TypeName": {"type": "string", "enum": CardType.labels},
    "Bonuses": _BONUSES,
    "BonusesInfo": {**_BONUSES, "description": "The same list under its other name."},
}
_REFUSALS = {
    "400": (Fault.BAD_REQUEST, "The parameters cannot be read: no JSON object and no form, or too large."),
    "401": (Fault.UNAUTHORIZED, "No machine account is known by what was shown."),
    "403": (Fault.FORBIDDEN, "The account's role asks for no cards."),
    "405": (Fault.METHOD_NOT_ALLOWED, "Another verb is meant; see Allow."),
    "429": (Fault.TOO_MANY_REQUESTS, "Too much was asked for that is not there; what is there is answered on."),
    "503": (Fault.UNAVAILABLE, "The database does not answer; ask again."),
}
_SHAPE = (
    "Addresses and names of parameters are read in any case. Business errors are answered 200 with `Status` false, a "
    "`Key` for machines and a `Value` for people."
)
_SENT = "Parameters come in the query, as a JSON object or as a form; content types are ignored."

_NUMBER = ("Number", "The card's number.")
_BIND = (_NUMBER, ("MobileNumber", "The contact's phone, with its country or as it is written at home."))
_EITHER = (
    ("Number", "The card's number. This or ContactMobileNumber."),
    ("ContactMobileNumber", "The contact's phone. If both are given, they have to mean the same card."),
)
_OF_BIND = (
    *(Key.REQUIRED, Key.CANNOT_FIND_MOBILE, Key.INVALID_MOBILE_NUMBER, Key.CANNOT_FIND_CARD_NUMBER),
    *(Key.INVALID_CARD_NUMBER, Key.STATUS_ERROR),
)


def tell_of_cards(result: Description, generator: Any, request: Any, public: bool) -> Description:
    """Add the addresses that tills, the site and the call centre call."""
    result["components"].setdefault("schemas", {})["CardBonus"] = _BONUS
    result["paths"] |= {
        "/api/card/balance/by/{value}": _balance(
            "value",
            "The balance of the card with this number, or else of the contact with this code.",
            (
                *(Key.CANNOT_FIND_CARD_NUMBER, Key.INVALID_CARD_NUMBER),
                *(Key.CANNOT_FIND_CONTACT_CODE, Key.INVALID_CONTACT_CODE),
            ),
        ),
        "/api/card/balance/by/phone/{phone}": _balance(
            "phone",
            "The balance of the card that the contact with this phone uses.",
            (Key.CANNOT_FIND_MOBILE_NUMBER, Key.INVALID_MOBILE_NUMBER),
        ),
        "/api/card/issue": _asked(
            "issue",
            "A New card becomes Issued. What is Issued stays it.",
            (Key.REQUIRED, Key.CARD_NUMBER_CANNOT_FIND, Key.INVALID_CARD_NUMBER, Key.STATUS_ERROR),
        ),
        "/api/card/active": _asked(
            "active",
            "An Issued card becomes Active, if it is bound and enough is known of its contact.",
            (Key.REQUIRED, Key.CANNOT_FIND_CARD_NUMBER, Key.STATUS_ERROR),
        ),
        "/api/card/bindto": _posted(
            "bind",
            "An Issued card becomes a contact's, and Active at once if enough is known. `/api/card/binto` is the same.",
            _BIND,
            (*_OF_BIND, Key.BOUND_TO_ANOTHER_CONTACT, Key.CONTACT_HAS_ANOTHER_CARD),
        ),
        "/api/card/block": _posted(
            "block",
            "A bound card becomes Blocked, for a reason that the account's role may give.",
            (*_EITHER, ("BlockReasonCode", "0 loss, 1 unwanted customer, 2 blacklist, 3 refusal, 4 replacement.")),
            (*_OF_BIND, Key.BLOCK_REASON_ERROR),
        ),
        "/api/card/unblock": _posted(
            "unblock",
            "A Blocked card becomes Active, or Issued if not enough is known of its contact.",
            (*_EITHER, ("UnBlockReasonCode", "0 found, 1 off the unwanted list, 2 off the blacklist, 3 restored.")),
            (*_OF_BIND, Key.UNBLOCK_REASON_ERROR),
        ),
    }
    return result


def _balance(name: str, said: str, keys: Iterable[Key]) -> Description:
    parameter = {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
    operation = _operation(f"card_balance_by_{name}", said, keys, _BALANCE)
    return {"get": operation | {"parameters": [parameter]}}


def _asked(name: str, said: str, keys: Iterable[Key]) -> Description:
    # Required, and answered 200 without: so nothing here says that it would be refused.
    parameter = {"name": _NUMBER[0], "in": "query", "description": f"{_NUMBER[1]} Required.", "schema": _TEXT}
    return {"get": _operation(f"card_{name}", f"{said} {_SENT}", keys) | {"parameters": [parameter]}}


def _posted(name: str, said: str, parameters: Iterable[tuple[str, str]], keys: Iterable[Key]) -> Description:
    # Whatever is sent in one of them is answered with a key: of no type is it said that it would be refused.
    properties = {parameter: {"description": meaning} for parameter, meaning in parameters}
    body = {"content": {"application/json": {"schema": {"type": "object", "properties": properties}}}}
    return {"post": _operation(f"card_{name}", f"{said} {_SENT}", keys) | {"requestBody": body}}


def _operation(name: str, said: str, keys: Iterable[Key], more: Description | None = None) -> Description:
    refused = {status: _said(meaning, _answer([key])) for status, (key, meaning) in _REFUSALS.items()}
    return {
        "operationId": name,
        "description": f"{said} {_SHAPE}",
        "tags": ["card"],
        "security": [{"basic": []}, {"token": []}],
        "responses": {"200": _said("What came of it.", _answer([Key.OK, *keys], more)), **refused},
    }


def _answer(keys: Iterable[Key | Fault], more: Description | None = None) -> Description:
    properties = {
        "Status": {"type": "boolean"},
        "Key": {"type": "string", "enum": [str(key) for key in keys]},
        "Value": {"type": "string", "description": "A sentence; empty when all is well."},
    }
    return {"type": "object", "required": list(properties), "properties": properties | (more or {})}


def _said(description: str, schema: Description) -> Description:
    return {"description": description, "content": {"application/json": {"schema": schema}}}
