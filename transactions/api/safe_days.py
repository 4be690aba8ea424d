"""/api/v1/safe-days: a safe's business day in one currency, as the books have it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import django_filters
from django.db.models import Count
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from safes.api.fields import MoneyField, WallClockField
from safes.api.filters import DayFilter, ReadFilterSet, SerialNumberFilter
from safes.api.reading import ReadingItem, ReadingList
from safes.models import Finding
from transactions.models import ChannelCompleteness, SafeDay
from transactions.reconciliation.signing.status import STATUSES, with_status


@dataclass
class Beside:
    """What the books have of some days in other rows: one query each, for a whole page."""

    days: Sequence[SafeDay]
    channels: dict[tuple[Any, ...], ChannelCompleteness] = field(init=False)
    findings: dict[tuple[Any, ...], int] = field(init=False)

    def __post_init__(self) -> None:
        where = {
            "safe__in": {day.safe_id for day in self.days},
            "business_date__in": {day.business_date for day in self.days},
        }
        self.channels = {
            (row.safe_id, row.business_date, row.currency): row for row in ChannelCompleteness.objects.filter(**where)
        }
        counts = (
            Finding.objects.filter(state=Finding.State.OPEN, **where)
            .order_by()
            .values_list("safe_id", "business_date")
            .annotate(count=Count("pk"))
        )
        self.findings = {(safe_id, date): count for safe_id, date, count in counts}

    def told(self, day: SafeDay, name: str) -> Any:
        row = self.channels.get((day.safe_id, day.business_date, day.currency))
        return 0 if row is None else getattr(row, name)


class SafeDaySerializer(serializers.ModelSerializer[SafeDay]):
    serial_number = serializers.CharField(source="safe.serial_number", read_only=True)
    site = serializers.CharField(
        source="site.code", default=None, allow_null=True, read_only=True, help_text="Where it stood on that date."
    )
    status = serializers.ChoiceField(choices=STATUSES, read_only=True, help_text="Of its site's day: signed by two.")
    validated = MoneyField()
    manual = MoneyField()
    dispensed = MoneyField()
    inventory_change = MoneyField()
    picked_up = MoneyField(help_text="As the servicings reported it.")
    taken = MoneyField(help_text="What left with the servicings, by the drops: opening + in − taken = closing.")
    change_ordered = MoneyField()
    opening = MoneyField()
    closing = MoneyField()
    inventory_opening = MoneyField()
    inventory_closing = MoneyField()
    since_first_seen = serializers.SerializerMethodField(
        help_text="True while no counted opening stands behind opening and closing."
    )
    currency = serializers.SerializerMethodField(help_text="Null while nobody knows where the safe stands.")
    closed_at = WallClockField(allow_null=True, help_text="The last close dated so, by the safe's clock.")
    push_count = serializers.SerializerMethodField()
    push_amount = serializers.SerializerMethodField()
    file_count = serializers.SerializerMethodField()
    file_amount = serializers.SerializerMethodField()
    open_findings = serializers.SerializerMethodField(help_text="Of this safe and date, in whichever currency.")

    class Meta:
        model = SafeDay
        fields = [
            "id", "serial_number", "site", "business_date", "status", "currency", "validated", "manual", "dispensed",
            "inventory_change", "picked_up", "taken", "change_ordered", "opening", "closing", "inventory_opening",
            "inventory_closing", "since_first_seen", "closed_at", "transaction_count", "push_count", "push_amount",
            "file_count", "file_amount", "open_findings",
        ]  # fmt: skip
        read_only_fields = fields

    @property
    def _beside(self) -> Beside:
        found: Beside = self.context["beside"]
        return found

    def get_since_first_seen(self, day: SafeDay) -> bool:
        return not day.is_counted

    def get_currency(self, day: SafeDay) -> str | None:
        return day.currency or None

    def get_push_count(self, day: SafeDay) -> int:
        return int(self._beside.told(day, "push_count"))

    @extend_schema_field(MoneyField)
    def get_push_amount(self, day: SafeDay) -> str:
        return MoneyField().to_representation(Decimal(self._beside.told(day, "push_cash")))

    def get_file_count(self, day: SafeDay) -> int:
        return int(self._beside.told(day, "file_count"))

    @extend_schema_field(MoneyField)
    def get_file_amount(self, day: SafeDay) -> str:
        return MoneyField().to_representation(Decimal(self._beside.told(day, "file_cash")))

    def get_open_findings(self, day: SafeDay) -> int:
        return self._beside.findings.get((day.safe_id, day.business_date), 0)


class SafeDayFilters(ReadFilterSet):
    serial_number = SerialNumberFilter(field_name="safe__serial_number", label="Case does not count.")
    site = django_filters.CharFilter(
        field_name="site__code", lookup_expr="iexact", label="Code of the site where the safe stood on that date."
    )
    business_date = DayFilter()
    business_date_from = DayFilter(field_name="business_date", lookup_expr="gte")
    business_date_to = DayFilter(field_name="business_date", lookup_expr="lte", label="Included itself.")
    currency = django_filters.CharFilter(lookup_expr="exact")
    status = django_filters.ChoiceFilter(choices=[(name, name) for name in STATUSES])


_ROWS = with_status(SafeDay.objects.select_related("safe", "site"))


class SafeDayList(ReadingList):
    """What came into each safe on each business date, what left it, and what it opened and closed with."""

    queryset = _ROWS
    serializer_class = SafeDaySerializer
    filterset_class = SafeDayFilters
    file_name = "safe-days"

    def page_context(self, rows: Sequence[SafeDay]) -> dict[str, Any]:
        return {"beside": Beside(rows)}


class SafeDayItem(ReadingItem):
    """One safe's day in one currency."""

    queryset = _ROWS
    serializer_class = SafeDaySerializer
    noun = "safe day"

    def page_context(self, rows: Sequence[SafeDay]) -> dict[str, Any]:
        return {"beside": Beside(rows)}
