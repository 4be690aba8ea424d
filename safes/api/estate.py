"""/api/v1/sites and /api/v1/safes: where the machines stand."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import django_filters
from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from safes.api.fields import InstantField, MoneyField, ReadField
from safes.api.filters import ReadFilterSet, SerialNumberFilter
from safes.api.places import AtSite, Places
from safes.api.reading import ReadingItem, ReadingList
from safes.models import Safe, Site


@extend_schema_field({"type": "string", "examples": ["06:00"]})
class TimeOfDayField(ReadField):
    """How long after midnight, as a clock shows it."""

    def to_representation(self, value: dt.timedelta) -> str:
        minutes, seconds = divmod(value.seconds, 60)
        text = f"{minutes // 60:02}:{minutes % 60:02}"
        return f"{text}:{seconds:02}" if seconds else text


class SiteSerializer(serializers.ModelSerializer[Site]):
    day_rollover = TimeOfDayField()
    tolerance = MoneyField()

    class Meta:
        model = Site
        fields = ["id", "code", "name", "time_zone", "day_rollover", "currency", "tolerance"]
        read_only_fields = fields


class SiteFilters(ReadFilterSet):
    code = django_filters.CharFilter(lookup_expr="iexact")
    time_zone = django_filters.CharFilter()
    currency = django_filters.CharFilter(lookup_expr="iexact")


class SiteList(ReadingList):
    """Places of business: zone, day rollover (when the business day begins), currency, tolerance."""

    queryset = Site.objects.all()
    serializer_class = SiteSerializer
    filterset_class = SiteFilters
    file_name = "sites"


class SiteItem(ReadingItem):
    """One site, by its code without regard to case."""

    queryset = Site.objects.all()
    serializer_class = SiteSerializer
    noun = "site"
    lookup_field = "code"

    def find(self, **named: Any) -> Site | None:
        return self.queryset.filter(code__iexact=named["code"]).first()


class SafeSerializer(serializers.ModelSerializer[Safe]):
    site = serializers.SerializerMethodField(help_text="Code of the site where it stands now.")
    placements = serializers.SerializerMethodField(help_text="From which local date it stood where.")
    first_seen_at = InstantField(allow_null=True)

    class Meta:
        model = Safe
        fields = ["id", "serial_number", "model", "status", "site", "first_seen_at", "placements"]
        read_only_fields = fields

    def get_site(self, safe: Safe) -> str | None:
        places: Places = self.context["places"]
        return places.now(safe.pk, timezone.now())

    @extend_schema_field(
        {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["site", "starts_on"],
                "properties": {"site": {"type": "string"}, "starts_on": {"type": "string", "format": "date"}},
            },
        }
    )
    def get_placements(self, safe: Safe) -> list[dict[str, str | None]]:
        places: Places = self.context["places"]
        return [{"site": place.site_code, "starts_on": day.isoformat()} for day, place in places.of(safe.pk)]


class SafeFilters(ReadFilterSet):
    serial_number = SerialNumberFilter()
    site = django_filters.CharFilter(method="standing_at", label="Where it stands now; case does not count.")
    status = django_filters.ChoiceFilter(choices=Safe.Status.choices)

    def standing_at(self, rows: QuerySet[Safe], name: str, code: str) -> QuerySet[Safe]:
        return rows.filter(pk__in=AtSite(code).now(timezone.now()))


class SafeList(ReadingList):
    """Safes, and where they stood from which local date on. The first placement also holds for all dates before it."""

    queryset = Safe.objects.all()
    serializer_class = SafeSerializer
    filterset_class = SafeFilters
    file_name = "safes"

    def page_context(self, rows: Sequence[Safe]) -> dict[str, Any]:
        return {"places": Places(safe.pk for safe in rows)}


class SafeItem(ReadingItem):
    """One safe, by its serial number without regard to case."""

    queryset = Safe.objects.all()
    serializer_class = SafeSerializer
    noun = "safe"
    lookup_field = "serial_number"

    def find(self, **named: Any) -> Safe | None:
        return self.queryset.filter(serial_number=named["serial_number"].upper()).first()

    def page_context(self, rows: Sequence[Safe]) -> dict[str, Any]:
        return {"places": Places(safe.pk for safe in rows)}
