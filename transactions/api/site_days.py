"""/api/v1/site-days: what the safes of a site say against what its tills say. CONTRACT.md, "Reading API"."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import django_filters
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from safes.api.fields import MoneyField, money_text
from safes.api.filters import DayFilter, ReadFilterSet
from safes.api.reading import ReadingItem, ReadingList
from transactions.models import SiteDay, TillDay
from transactions.reconciliation.signing.status import STATUSES, with_status

_MONEY = {"type": "string"}
_MONEY_OR_NULL = {"type": ["string", "null"]}

Day = tuple[int, dt.date, str]
Register = dict[str, Any]


class SiteDaySerializer(serializers.ModelSerializer[SiteDay]):
    site = serializers.CharField(source="site.code", read_only=True)
    safe_total = MoneyField(help_text="Validated + manual + till check-ins − till check-outs.")
    takings = MoneyField(allow_null=True, help_text="Null before there are any.")
    variance = MoneyField(allow_null=True, help_text="safe_total − takings; null before takings.")
    deposits = MoneyField(help_text="Outside the safe.")
    petty_cash = MoneyField()
    unexplained = MoneyField(allow_null=True, help_text="variance + deposits + petty_cash.")
    status = serializers.ChoiceField(choices=STATUSES, read_only=True, help_text="Signed by two.")
    registers = serializers.SerializerMethodField(help_text="In the order of their names; null: names no register.")

    class Meta:
        model = SiteDay
        fields = [
            "id", "site", "business_date", "currency", "safe_total", "takings", "variance", "deposits", "petty_cash",
            "unexplained", "status", "registers",
        ]  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(
        {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["register", "safe", "takings", "variance"],
                "properties": {
                    "register": {"type": ["string", "null"]},
                    "safe": _MONEY,
                    "takings": _MONEY_OR_NULL,
                    "variance": _MONEY_OR_NULL,
                },
            },
        }
    )
    def get_registers(self, day: SiteDay) -> list[Register]:
        registers: dict[Day, list[Register]] = self.context["registers"]
        return registers.get((day.site_id, day.business_date, day.currency), [])


class SiteDayFilters(ReadFilterSet):
    site = django_filters.CharFilter(field_name="site__code", lookup_expr="iexact", label="Case does not count.")
    business_date = DayFilter()
    business_date_from = DayFilter(field_name="business_date", lookup_expr="gte")
    business_date_to = DayFilter(field_name="business_date", lookup_expr="lte", label="Included itself.")
    currency = django_filters.CharFilter(lookup_expr="iexact")
    status = django_filters.ChoiceFilter(choices=[(status, status) for status in STATUSES])


def registers_of(days: Sequence[SiteDay]) -> dict[Day, list[Register]]:
    """What each register of these days banked and says; one query."""
    tills = TillDay.objects.filter(
        site__in={day.site_id for day in days}, business_date__in={day.business_date for day in days}
    )
    sums: dict[tuple[Day, str], tuple[Decimal, Decimal | None]] = {}
    for till in tills.order_by("register"):
        key = (till.site_id, till.business_date, till.currency), till.register
        safe, takings = sums.get(key, (Decimal(0), None))
        if till.takings is not None:
            takings = (takings or Decimal(0)) + till.takings
        sums[key] = safe + till.safe, takings
    found: dict[Day, list[Register]] = defaultdict(list)
    for (day, register), (safe, takings) in sums.items():
        found[day].append(
            {
                "register": register or None,
                "safe": money_text(safe),
                "takings": None if takings is None else money_text(takings),
                "variance": None if takings is None else money_text(safe - takings),
            }
        )
    return found


class _SiteDays:
    """What the list and its items share."""

    def page_context(self, rows: Sequence[SiteDay]) -> dict[str, Any]:
        return {"registers": registers_of(rows)}


class SiteDayList(_SiteDays, ReadingList):
    """Business days of sites, by currency: what is over or short, and at which register."""

    queryset = with_status(SiteDay.objects.select_related("site"))
    serializer_class = SiteDaySerializer
    filterset_class = SiteDayFilters
    file_name = "site-days"


class SiteDayItem(_SiteDays, ReadingItem):
    """One business day of a site in one currency."""

    queryset = with_status(SiteDay.objects.select_related("site"))
    serializer_class = SiteDaySerializer
    noun = "site day"
