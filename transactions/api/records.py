"""/api/v1/transactions and /api/v1/audit-events: what Loomis said happened, each once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import django_filters
from django.db.models import Model, OuterRef, QuerySet, Subquery
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from safes.api.fields import InstantField, MoneyField, WallClockField, money_text
from safes.api.filters import DayFilter, FlagFilter, MomentFilter, ReadFilterSet, SerialNumberFilter
from safes.api.places import AtSite, Places
from safes.api.reading import ReadingItem, ReadingList
from transactions.catalogue import classify
from transactions.models import AuditEvent, Book, Delivery, Transaction
from transactions.models.endpoint import Environment

_BOOK_OF = {Environment.PRODUCTION.value: Book.PRODUCTION, Environment.TEST.value: Book.TEST}
_ENVIRONMENT_OF = {book: environment for environment, book in _BOOK_OF.items()}
# Instants have no index, business dates have. An offset, a rollover and a close take the one at most this far from the
# date of the other.
_ASTRAY = dt.timedelta(days=4)
_BIGGEST = 2**63 - 1
_WITH_AMOUNTS = {"max_digits": 14, "decimal_places": 4}

_HEAD = ["id", "serial_number", "site"]
_SHOWN = [
    "local_time", "occurred_at", "time_note", "retrieved_on", "occurrence", "business_date", "seen_by_push",
    "seen_by_file", "push_delivery", "file_delivery", "environment", "counted",
]  # fmt: skip


def rows_of(table: type[Model]) -> QuerySet[Any]:
    """Rows with their safes, and with the ids of the deliveries that first brought their messages."""
    firsts = Delivery.objects.filter(repeat_of=None).order_by("pk").values("pk")
    return table._default_manager.select_related("safe").annotate(
        push_delivery=Subquery(firsts.filter(message=OuterRef("push_message"))[:1]),
        file_delivery=Subquery(firsts.filter(message=OuterRef("file_message"))[:1]),
    )


class RecordSerializer(serializers.ModelSerializer[Any]):
    serial_number = serializers.CharField(source="safe.serial_number", read_only=True)
    site = serializers.SerializerMethodField(help_text="Code of the site where the safe stood on the local date.")
    local_time = WallClockField()
    occurred_at = InstantField(allow_null=True, help_text="Null while the time zone of the safe is not known.")
    retrieved_on = InstantField(allow_null=True)
    seen_by_push = InstantField(allow_null=True)
    seen_by_file = InstantField(allow_null=True)
    push_delivery = serializers.IntegerField(read_only=True, allow_null=True, help_text="Id of the delivery.")
    file_delivery = serializers.IntegerField(read_only=True, allow_null=True, help_text="Id of the delivery.")
    environment = serializers.SerializerMethodField()

    def get_site(self, row: Any) -> str | None:
        places: Places = self.context["places"]
        return places.on(row.safe_id, row.local_time.date())

    @extend_schema_field({"type": "string", "enum": Environment.values})
    def get_environment(self, row: Any) -> str:
        return _ENVIRONMENT_OF[row.book]


class TransactionSerializer(RecordSerializer):
    amount = MoneyField()
    denominations = serializers.SerializerMethodField()

    class Meta:
        model = Transaction
        fields = [
            *_HEAD, "pickup_group_id", "type", "wire_type", "kind", "user_name", "amount", "currency", "denominations",
            "register", "change_purchase_number", "deposit_reference_number", "tube_column", "tube_count", *_SHOWN,
        ]  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(
        {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["unit_value", "count", "currency"],
                "properties": {
                    "unit_value": {"type": "string"},
                    "count": {"type": "integer"},
                    "currency": {"type": ["string", "null"]},
                },
            },
        }
    )
    def get_denominations(self, row: Any) -> list[dict[str, Any]]:
        return [
            {"unit_value": money_text(Decimal(str(value))), "count": count, "currency": currency}
            for value, count, currency in row.denominations or ()
        ]


class AuditEventSerializer(RecordSerializer):
    class Meta:
        model = AuditEvent
        fields = [*_HEAD, "type", "wire_type", "user_name", "door_name", *_SHOWN]
        read_only_fields = fields


class RecordFilters(ReadFilterSet):
    serial_number = SerialNumberFilter(field_name="safe__serial_number", label="Case does not count.")
    site = django_filters.CharFilter(
        method="at", label="Code of the site where the safe stood on the local date; case does not count."
    )
    type = django_filters.CharFilter(method="of_type", label="Canonical, or another name Loomis has for it.")
    wire_type = django_filters.CharFilter(label="As sent.")
    user_name = django_filters.CharFilter()
    business_date = DayFilter()
    business_date_from = DayFilter(field_name="business_date", lookup_expr="gte")
    business_date_to = DayFilter(field_name="business_date", lookup_expr="lte", label="Included itself.")
    occurred_from = MomentFilter(method="since")
    occurred_to = MomentFilter(method="until", label="Excluded itself.")
    environment = django_filters.ChoiceFilter(
        method="as_given", choices=Environment.choices, label="Which books; production unless asked otherwise."
    )
    counted = FlagFilter(
        method="as_given",
        label="false: rows withdrawn, ruled out, or counted as the file tells them; true unless asked.",
    )

    def at(self, rows: QuerySet[Any], name: str, code: str) -> QuerySet[Any]:
        return rows.filter(AtSite(code).on("local_time"))

    def since(self, rows: QuerySet[Any], name: str, moment: dt.datetime) -> QuerySet[Any]:
        return rows.filter(occurred_at__gte=moment, business_date__gte=moment.date() - _ASTRAY)

    def until(self, rows: QuerySet[Any], name: str, moment: dt.datetime) -> QuerySet[Any]:
        return rows.filter(occurred_at__lt=moment, business_date__lte=moment.date() + _ASTRAY)

    def of_type(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return rows.filter(type=classify(value)[0])

    def as_given(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return rows  # it counts when it is not given, too: see filter_queryset

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        given = self.form.cleaned_data
        book = _BOOK_OF[given["environment"] or Environment.PRODUCTION]
        return super().filter_queryset(queryset.filter(book=book, counted=given["counted"] != "false"))


class TransactionFilters(RecordFilters):
    kind = django_filters.ChoiceFilter(choices=Transaction._meta.get_field("kind").choices)
    pickup_group_id = django_filters.NumberFilter(decimal_places=0, min_value=-_BIGGEST, max_value=_BIGGEST)
    register = django_filters.CharFilter()
    change_purchase_number = django_filters.CharFilter()
    deposit_reference_number = django_filters.CharFilter()
    currency = django_filters.CharFilter(lookup_expr="exact")
    amount_min = django_filters.NumberFilter(field_name="amount", lookup_expr="gte", **_WITH_AMOUNTS)
    amount_max = django_filters.NumberFilter(field_name="amount", lookup_expr="lte", **_WITH_AMOUNTS)


class AuditEventFilters(RecordFilters):
    door_name = django_filters.CharFilter()


class _Records:
    """What lists and items of both share."""

    def page_context(self, rows: Sequence[Any]) -> dict[str, Any]:
        return {"places": Places(row.safe_id for row in rows)}


class TransactionList(_Records, ReadingList):
    """Transactions of the production books that count: what moved cash, closed a day, or is of a type nobody knows."""

    queryset = rows_of(Transaction)
    serializer_class = TransactionSerializer
    filterset_class = TransactionFilters
    file_name = "transactions"


class TransactionItem(_Records, ReadingItem):
    """One transaction, counted or not, of whichever books; its fields say which."""

    queryset = rows_of(Transaction)
    serializer_class = TransactionSerializer
    noun = "transaction"


class AuditEventList(_Records, ReadingList):
    """Doors, locks, log-ins: no cash."""

    queryset = rows_of(AuditEvent)
    serializer_class = AuditEventSerializer
    filterset_class = AuditEventFilters
    file_name = "audit-events"


class AuditEventItem(_Records, ReadingItem):
    """One audit event."""

    queryset = rows_of(AuditEvent)
    serializer_class = AuditEventSerializer
    noun = "audit event"
