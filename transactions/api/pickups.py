"""/api/v1/pickups: what left with the courier, by the drops and by what his servicing reported."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import django_filters
from django.db.models import DateField, QuerySet
from django.db.models.functions import Coalesce
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from safes.api.fields import InstantField, MoneyField, WallClockField
from safes.api.filters import DayFilter, ReadFilterSet, SerialNumberFilter
from safes.api.places import AtSite, Places
from safes.api.reading import ReadingItem, ReadingList
from transactions.models import Pickup, PickupSlip
from transactions.reconciliation.pickups.reading import slips_of

_BIGGEST = 2**63 - 1
_AMOUNT = {"type": ["string", "null"], "pattern": r"^-?\d+\.\d{2,}$", "examples": ["1560.00"]}


class PickupSerializer(serializers.ModelSerializer[Pickup]):
    serial_number = serializers.CharField(source="safe.serial_number", read_only=True)
    site = serializers.SerializerMethodField(
        help_text="Code of the site where the safe stood on the business date; while open, on that of the last drop."
    )
    pickup_group_id = serializers.IntegerField(
        read_only=True, allow_null=True, help_text="Null for a servicing without a group, and drops that wait for one."
    )
    currency = serializers.SerializerMethodField(help_text="Null while nobody knows where the safe stands.")
    opened_at = InstantField(allow_null=True, help_text="The first drop.")
    opened_local_time = WallClockField(allow_null=True)
    serviced_at = InstantField(allow_null=True, help_text="The last servicing; null while it is open.")
    serviced_local_time = WallClockField(allow_null=True)
    business_date = serializers.DateField(read_only=True, allow_null=True, help_text="Of the last servicing.")
    validated = MoneyField()
    manual = MoneyField()
    counted_opening = MoneyField(source="counted", help_text="From a counted opening, which nobody can tell by kind.")
    content = MoneyField(help_text="validated + manual + counted_opening")
    reported_amount = MoneyField(allow_null=True, help_text="By the servicings of the pickup, added up.")
    counted_amount = serializers.SerializerMethodField(
        help_text="What Loomis or the bank counted, as staff entered it."
    )
    variance = MoneyField(allow_null=True, help_text="reported_amount − content")
    bag_numbers = serializers.SerializerMethodField()
    receipt_number = serializers.SerializerMethodField(help_text="The courier's receipt.")

    class Meta:
        model = Pickup
        fields = [
            "id", "serial_number", "site", "pickup_group_id", "currency", "opened_at", "opened_local_time",
            "serviced_at", "serviced_local_time", "business_date", "servicing_count", "validated", "manual",
            "counted_opening", "content", "reported_amount", "counted_amount", "variance", "status", "bag_numbers",
            "receipt_number",
        ]  # fmt: skip
        read_only_fields = fields

    def get_site(self, pickup: Pickup) -> str | None:
        places: Places = self.context["places"]
        return places.on(pickup.safe_id, pickup.business_date or pickup.last_on)

    def get_currency(self, pickup: Pickup) -> str | None:
        return pickup.currency or None

    @extend_schema_field(_AMOUNT)
    def get_counted_amount(self, pickup: Pickup) -> str | None:
        slip = self._slip(pickup)
        if slip is None or slip.counted_amount is None:
            return None
        return MoneyField().to_representation(slip.counted_amount)

    def get_bag_numbers(self, pickup: Pickup) -> list[str]:
        slip = self._slip(pickup)
        return slip.bag_numbers if slip else []

    def get_receipt_number(self, pickup: Pickup) -> str | None:
        slip = self._slip(pickup)
        return (slip.receipt_number or None) if slip else None

    def _slip(self, pickup: Pickup) -> PickupSlip | None:
        found: PickupSlip | None = self.context["slips"].get(pickup.pk)
        return found


class PickupFilters(ReadFilterSet):
    serial_number = SerialNumberFilter(field_name="safe__serial_number", label="Case does not count.")
    site = django_filters.CharFilter(
        method="at", label="Code of the site where the safe stood on the business date; case does not count."
    )
    pickup_group_id = django_filters.NumberFilter(decimal_places=0, min_value=-_BIGGEST, max_value=_BIGGEST)
    currency = django_filters.CharFilter(lookup_expr="exact")
    status = django_filters.ChoiceFilter(choices=Pickup.Status.choices)
    business_date = DayFilter(label="Of the last servicing, as in the two below: an open pickup has none.")
    business_date_from = DayFilter(field_name="business_date", lookup_expr="gte")
    business_date_to = DayFilter(field_name="business_date", lookup_expr="lte", label="Included itself.")

    def at(self, rows: QuerySet[Pickup], name: str, code: str) -> QuerySet[Pickup]:
        dated = rows.annotate(stood_on=Coalesce("business_date", "last_on", output_field=DateField()))
        return dated.filter(AtSite(code).on("stood_on"))


_ROWS = Pickup.objects.select_related("safe")


class _Pickups:
    def page_context(self, rows: Sequence[Pickup]) -> dict[str, Any]:
        return {"places": Places(row.safe_id for row in rows), "slips": slips_of(rows)}


class PickupList(_Pickups, ReadingList):
    """Pickups of each safe, by pickup group and currency: what was dropped, and what the servicings reported."""

    queryset = _ROWS
    serializer_class = PickupSerializer
    filterset_class = PickupFilters
    file_name = "pickups"


class PickupItem(_Pickups, ReadingItem):
    """One pickup in one currency."""

    queryset = _ROWS
    serializer_class = PickupSerializer
    noun = "pickup"
