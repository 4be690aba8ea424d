"""What the schema says of pushes, whose view is no view of REST framework: it takes whatever Loomis sends."""

from __future__ import annotations

from typing import Any

from transactions.catalogue import WIRE_TYPES
from transactions.models import Delivery

Description = dict[str, Any]

_COUNT: Description = {"type": ["integer", "null"], "description": "Null while it is not recorded yet."}
_ANSWER: Description = {
    "type": "object",
    "required": ["delivery", "status", "received", "created", "known", "quarantined"],
    "properties": {
        "delivery": {"type": "integer", "description": "Its id; see /api/v1/deliveries/{id}."},
        "status": {"type": "string", "enum": Delivery.Status.values},
        **dict.fromkeys(("received", "created", "known", "quarantined"), _COUNT),
    },
}
_TEXT: Description = {"type": ["string", "null"]}
_ROW: Description = {
    "type": "object",
    "description": "Names in any case; others are kept as sent.",
    "properties": {
        "SerialNumber": {"type": "string"},
        "TransactionDateTime": {"type": "string", "description": "The safe's own clock, normally without an offset."},
        "TransactionType": {"type": "string", "examples": WIRE_TYPES[:3]},
        "Amount": {"type": ["number", "string", "null"]},
        "RetrievedOn": _TEXT,
        "PickupGroupId": {"type": ["integer", "null"]},
        "UserName": _TEXT,
        "Register": _TEXT,
        "ChangePurchaseNumber": _TEXT,
        "DepositReferenceNumber": _TEXT,
        "DoorName": _TEXT,
        "Denominations": {
            "type": ["array", "null"],
            "items": {
                "type": "object",
                "properties": {
                    "UnitValue": {"type": "number"},
                    "Count": {"type": "integer"},
                    "Currency": _TEXT,
                },
            },
        },
    },
}
_MESSAGE: Description = {
    "type": "object",
    "properties": {
        "Metadata": {"type": "object", "additionalProperties": {"type": "string"}},
        "Transactions": {"type": "array", "items": _ROW},
    },
}
_ERROR: Description = {"type": "object", "required": ["error"], "properties": {"error": {"type": "string"}}}


def tell_of_pushes(result: Description, generator: Any, request: Any, public: bool) -> Description:
    """Add the address Loomis pushes to, and the key it shows there."""
    result["components"].setdefault("securitySchemes", {})["push key"] = {
        "type": "apiKey",
        "in": "header",
        "name": "Authorization",
        "description": "The key of the endpoint, as it is. Header, query, body or metadata, as arranged for it.",
    }
    result["paths"]["/api/loomis/transactions/{endpoint}"] = {
        "post": {
            "operationId": "push_transactions",
            "description": (
                "A push from Loomis. Answered 200 once the body is on disk, whatever it says; anything else makes "
                "Loomis send it again. What cannot be understood waits in quarantine. Content types are ignored."
            ),
            "tags": ["loomis"],
            "parameters": [{"name": "endpoint", "in": "path", "required": True, "schema": {"type": "string"}}],
            "requestBody": {"content": {"application/json": {"schema": _MESSAGE}}, "required": True},
            "security": [{"push key": []}],
            "responses": {
                "200": _said("It is on disk.", _ANSWER),
                "400": _said("The body broke off.", _ERROR),
                "401": _said("The key is wrong, or there is no such endpoint.", _ERROR),
                "413": _said("The body is over the limit.", _ERROR),
                "503": _said("It could not be stored just now; send it again.", _ERROR),
            },
        }
    }
    return result


def _said(description: str, schema: Description) -> Description:
    return {"description": description, "content": {"application/json": {"schema": schema}}}
