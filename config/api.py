"""How the API of other systems is wired: REST framework's settings and those of its schema."""

from typing import Any

REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "safes.api.authentication.TokenAuthentication",
        "safes.api.authentication.BasicAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["safes.api.permissions.ReadsBooks"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "safes.api.problems.problem",
    "UNAUTHENTICATED_USER": None,
    "URL_FORMAT_OVERRIDE": None,  # the form is asked for by Accept alone
}

SPECTACULAR_SETTINGS: dict[str, Any] = {
    "OAS_VERSION": "3.1.0",
    "TITLE": "Strongroom",
    "DESCRIPTION": (
        "What Loomis pushes in, and what back offices read and send. Amounts are strings, exact, with two decimals "
        "or more; instants are in UTC; `local_time` is what the safe's own clock read. Unknown and malformed filters "
        "are answered 400, naming them. Errors are `application/problem+json`."
    ),
    "VERSION": "0.1.0",
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_AUTHENTICATION": [],  # it holds nothing but names
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "PREPROCESSING_HOOKS": ["safes.api.schema.once_each"],
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "safes.api.schema.say_the_rest",
        "transactions.api.push_schema.tell_of_pushes",
        "loyalty.api.card_schema.tell_of_cards",
    ],
    "ENUM_NAME_OVERRIDES": {
        "DeliveryStatus": "transactions.models.Delivery.Status",
        "CardStatus": "loyalty.codes.CardStatus",
        "CardCategory": "loyalty.codes.Category",
        "CardType": "loyalty.codes.CardType",
        "CardBlockReason": "loyalty.codes.BlockReason",
        "BonusType": "loyalty.codes.BonusType",
        "IncidentState": "incidents.models.Incident.State",
        "FindingState": "safes.models.Finding.State",
        "DayStatus": "transactions.models.SignOff.Status",
        "PickupStatus": "transactions.models.Pickup.Status",
        "SafeStatus": "safes.models.Safe.Status",
        "TransactionKind": "transactions.catalogue.Kind",
    },
}
