"""/api/v1/takings: what the tills say was banked. Read as lists are; taken in one by one or by the list."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.http import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from safes.api.fields import InstantField, MoneyField
from safes.api.filters import DayFilter, FlagFilter, ReadFilterSet
from safes.api.idempotency import HEADER, Answer, once
from safes.api.permissions import KeepsBooks
from safes.api.reading import ReadingItem, ReadingList
from safes.api.writing import read_json
from transactions.models import Taking
from transactions.reconciliation.sites.soon import draw_sites_soon
from transactions.reconciliation.takings.book import Teller
from transactions.reconciliation.takings.keeping import Outcome, Refused, keep
from transactions.reconciliation.takings.reading import LONGEST, NEEDED, Errors

MOST = 1000
# A list that is wrong throughout says so of its first rows.
_NAMED = 100
_ROWS = Taking.objects.select_related("register__site")


class TakingSerializer(serializers.ModelSerializer[Taking]):
    site = serializers.CharField(source="register.site.code", read_only=True)
    register = serializers.CharField(source="register.code", read_only=True)
    cashier = serializers.SerializerMethodField()
    amount = MoneyField()
    entered_at = InstantField()
    changed_at = InstantField()
    withdrawn_at = InstantField(allow_null=True, help_text="Since when it counts for nothing; null while it counts.")

    class Meta:
        model = Taking
        fields = [
            "id", "site", "business_date", "register", "cashier", "amount", "currency", "reference", "source",
            "entered_at", "changed_at", "withdrawn_at",
        ]  # fmt: skip
        read_only_fields = fields

    def get_cashier(self, taking: Taking) -> str | None:
        return taking.cashier or None


class TakingFilters(ReadFilterSet):
    site = django_filters.CharFilter(
        field_name="register__site__code", lookup_expr="iexact", label="Case does not count."
    )
    register = django_filters.CharFilter(field_name="register__code")
    cashier = django_filters.CharFilter(lookup_expr="iexact", label="Case does not count.")
    business_date = DayFilter()
    business_date_from = DayFilter(field_name="business_date", lookup_expr="gte")
    business_date_to = DayFilter(field_name="business_date", lookup_expr="lte", label="Included itself.")
    reference = django_filters.CharFilter()
    withdrawn = FlagFilter(method="as_given", label="true: those that were taken back; false unless asked.")

    def as_given(self, rows: QuerySet[Taking], name: str, value: str) -> QuerySet[Taking]:
        return rows  # it counts when it is not given, too

    def filter_queryset(self, queryset: QuerySet[Taking]) -> QuerySet[Taking]:
        asked = self.form.cleaned_data["withdrawn"] == "true"
        return super().filter_queryset(queryset.filter(withdrawn_at__isnull=not asked))


_TEXTS = {name: {"type": ["string", "integer"], "maxLength": longest} for name, longest in LONGEST.items()}
_ROW = {
    "type": "object",
    "required": list(NEEDED),
    "additionalProperties": False,
    "properties": {
        **_TEXTS,
        "cashier": {"type": ["string", "integer", "null"], "maxLength": LONGEST["cashier"]},
        "reference": {
            "type": ["string", "integer", "null"],
            "maxLength": LONGEST["reference"],
            "description": "What tells it: the same reference again replaces. Without one, register, date and cashier.",
        },
        "currency": {"type": ["string", "null"], "description": "If given, it must be that of the site."},
        "business_date": {"type": "string", "format": "date"},
        "amount": {"type": ["string", "number"], "description": "Up to four decimals.", "examples": ["1560.00"]},
    },
}
_BODY: dict[str, Any] = {"oneOf": [_ROW, {"type": "array", "items": _ROW, "minItems": 1, "maxItems": MOST}]}


_KEPT = {
    "allOf": [
        {"$ref": "#/components/schemas/Taking"},
        {
            "type": "object",
            "required": ["outcome"],
            "properties": {"outcome": {"type": "string", "enum": ["created", "replaced"]}},
        },
    ]
}
_REFUSED = {
    "type": "object",
    "description": "A row that was left out.",
    "required": ["outcome", "errors"],
    "additionalProperties": False,
    "properties": {
        "outcome": {"type": "string", "enum": ["refused"]},
        "errors": {"type": "object", "additionalProperties": {"type": "array", "items": {"type": "string"}}},
    },
}
_ANSWER: dict[str, Any] = {"oneOf": [_KEPT, {"type": "array", "items": {"oneOf": [_KEPT, _REFUSED]}}]}


class TakingList(ReadingList):
    """What registers, and cashiers where known, say was banked; those in force unless asked for the others."""

    http_method_names = ["get", "head", "post"]
    permission_classes = [KeepsBooks]
    queryset = _ROWS
    serializer_class = TakingSerializer
    filterset_class = TakingFilters
    file_name = "takings"

    @extend_schema(
        description=(
            "Takes in one of them, or a list of up to 1,000, row for row answered. A list is kept whole or not at all, "
            "unless `good_rows=true` asks to keep the good ones without the bad. An unknown register is made."
        ),
        parameters=[
            OpenApiParameter(HEADER, OpenApiTypes.STR, OpenApiParameter.HEADER, description="Repeat with it at will."),
            OpenApiParameter("good_rows", {"type": "string", "enum": ["true", "false"]}, OpenApiParameter.QUERY),
        ],
        request={"application/json": _BODY},
        responses={(201, "application/json"): _ANSWER, (200, "application/json"): _ANSWER},
        filters=False,
    )
    def post(self, request: Request) -> HttpResponseBase:
        good_rows = _good_rows(request)
        said = read_json(request)
        answer = once(request, lambda: _keep(said, request, good_rows=good_rows))
        draw_sites_soon()
        return answer


class TakingItem(ReadingItem):
    """One of them, in force or withdrawn."""

    queryset = _ROWS
    serializer_class = TakingSerializer
    noun = "taking"


def _good_rows(request: Request) -> bool:
    given = request.query_params.copy()
    asked = given.pop("good_rows", ["false"])
    if given:
        raise ValidationError({name: ["There is no such parameter here; there is good_rows."] for name in given})
    if asked not in (["true"], ["false"]):
        raise ValidationError({"good_rows": ["Give true or false, once."]})
    return asked == ["true"]


def _keep(said: Any, request: Request, *, good_rows: bool) -> Answer:
    is_list = isinstance(said, list)
    rows = said if is_list else [said]
    if not rows or len(rows) > MOST:
        raise ValidationError({"body": [f"Give from 1 to {MOST:,} takings at a time."]})
    try:
        outcomes = keep(rows, Teller(Taking.Source.API, account_id=request.user.pk), good_rows=good_rows)
    except Refused as refused:
        raise ValidationError(_named(refused.by_row) if is_list else refused.by_row[0]) from None
    answers = [_told(outcome) for outcome in outcomes]
    return 201, answers if is_list else answers[0]


def _named(by_row: dict[int, Errors]) -> Errors:
    """Mistakes by row and field: 0.amount is that of the first."""
    named = {
        f"{number}.{name}": sentences
        for number, errors in list(by_row.items())[:_NAMED]
        for name, sentences in errors.items()
    }
    if len(by_row) > _NAMED:
        named["rows"] = [f"{len(by_row) - _NAMED} further rows are wrong, too."]
    return named


def _told(outcome: Outcome) -> dict[str, Any]:
    if outcome.taking is None:
        return {"outcome": "refused", "errors": outcome.errors}
    return {**TakingSerializer(outcome.taking).data, "outcome": "created" if outcome.created else "replaced"}
