"""/api/v1/findings: what needs a person."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import django_filters
from django.db.models import Q, QuerySet
from django.utils import timezone
from rest_framework import serializers

from safes.api.fields import InstantField, MoneyField
from safes.api.filters import DayFilter, MomentFilter, ReadFilterSet, SerialNumberFilter
from safes.api.places import AtSite, Places
from safes.api.reading import ReadingItem, ReadingList
from safes.models import Finding


class FindingSerializer(serializers.ModelSerializer[Finding]):
    serial_number = serializers.CharField(source="safe.serial_number", default=None, allow_null=True, read_only=True)
    site = serializers.SerializerMethodField(help_text="Code of the site, or of the site of the safe on that date.")
    cash_at_stake = MoneyField(allow_null=True)
    currency = serializers.SerializerMethodField()
    opened_at = InstantField()
    closed_at = InstantField(allow_null=True)
    closed_by = serializers.SerializerMethodField(help_text="“system”, or the user who settled it.")
    owner = serializers.CharField(source="owner.username", default=None, allow_null=True, read_only=True)
    detail = serializers.DictField(read_only=True)

    class Meta:
        model = Finding
        fields = [
            "id", "kind", "subject", "severity", "serial_number", "site", "business_date", "cash_at_stake", "currency",
            "state", "opened_at", "closed_at", "closed_by", "owner", "summary", "detail",
        ]  # fmt: skip
        read_only_fields = fields

    def get_site(self, finding: Finding) -> str | None:
        if finding.site is not None:
            return finding.site.code
        places: Places = self.context["places"]
        if finding.business_date is None:
            return places.now(finding.safe_id, timezone.now())
        return places.on(finding.safe_id, finding.business_date)

    def get_currency(self, finding: Finding) -> str | None:
        return finding.currency or None

    def get_closed_by(self, finding: Finding) -> str | None:
        return finding.closed_by or None


class FindingFilters(ReadFilterSet):
    kind = django_filters.CharFilter()
    state = django_filters.ChoiceFilter(choices=Finding.State.choices)
    severity = django_filters.ChoiceFilter(choices=Finding.Severity.choices)
    serial_number = SerialNumberFilter(field_name="safe__serial_number")
    site = django_filters.CharFilter(method="at", label="As site says; case does not count.")
    business_date = DayFilter()
    business_date_from = DayFilter(field_name="business_date", lookup_expr="gte")
    business_date_to = DayFilter(field_name="business_date", lookup_expr="lte")
    opened_from = MomentFilter(field_name="opened_at", lookup_expr="gte")
    opened_to = MomentFilter(field_name="opened_at", lookup_expr="lt", label="Excluded itself.")

    def at(self, rows: QuerySet[Finding], name: str, code: str) -> QuerySet[Finding]:
        there = AtSite(code)
        undated = Q(business_date=None, safe__in=there.now(timezone.now()))
        dated = Q(business_date__isnull=False) & there.on("business_date")
        return rows.filter(Q(site__code__iexact=code) | Q(site=None) & (undated | dated))


_ROWS = Finding.objects.select_related("safe", "site", "owner")


class FindingList(ReadingList):
    """What needs a person, open and closed: kind, where, when, the cash at stake, and a sentence on what to do."""

    queryset = _ROWS
    serializer_class = FindingSerializer
    filterset_class = FindingFilters
    file_name = "findings"

    def page_context(self, rows: Sequence[Finding]) -> dict[str, Any]:
        return {"places": Places(finding.safe_id for finding in rows)}


class FindingItem(ReadingItem):
    """One finding."""

    queryset = _ROWS
    serializer_class = FindingSerializer
    noun = "finding"

    def page_context(self, rows: Sequence[Finding]) -> dict[str, Any]:
        return {"places": Places(finding.safe_id for finding in rows)}
