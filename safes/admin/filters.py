"""Filters that the rooms share."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db.models import Case, CharField, QuerySet, Value, When
from django.http import HttpRequest
from django.utils import timezone
from unfold.contrib.filters.admin import DropdownFilter, RangeDateFilter, TextFilter

from safes.models import Placement, Site

DAYS_SHOWN = 31


class RecentFilter(RangeDateFilter):
    """A range of dates: the last 31 days unless asked otherwise, so that no list reads a table's whole history."""

    def range(self) -> tuple[dt.date, dt.date | None]:
        first = _date(self.used_parameters.get(f"{self.parameter_name}_from"))
        last = _date(self.used_parameters.get(f"{self.parameter_name}_to"))
        if first is None:
            first = (last or timezone.now().date()) - dt.timedelta(days=DAYS_SHOWN)
        # Shown in the form, so that a list is never shorter than it looks.
        self.used_parameters[f"{self.parameter_name}_from"] = first.isoformat()
        return first, last

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        first, last = self.range()
        queryset = queryset.filter(**{f"{self.parameter_name}__gte": self.start(first)})
        if last is not None:
            queryset = queryset.filter(**{f"{self.parameter_name}__lt": self.start(last + dt.timedelta(days=1))})
        return queryset

    def is_past(self) -> bool:
        """Whether it ends before the days that a list shows of itself begin."""
        _, last = self.range()
        return last is not None and last < timezone.now().date() - dt.timedelta(days=DAYS_SHOWN)

    def begins_by_itself(self) -> bool:
        """Whether it begins where it would if nobody had said."""
        first, last = self.range()
        return first == (last or timezone.now().date()) - dt.timedelta(days=DAYS_SHOWN)

    def in_words(self) -> str:
        first, last = self.range()
        what = self.title.removesuffix(" at").capitalize()
        return f"{what} from {first} to {last}" if last else f"{what} since {first}"

    def start(self, date: dt.date) -> dt.date:
        return date


class RecentMomentFilter(RecentFilter):
    """The same over instants; days are days in UTC."""

    def start(self, date: dt.date) -> dt.datetime:
        return dt.datetime.combine(date, dt.time(), dt.UTC)


def _date(text: object) -> dt.date | None:
    try:
        date = dt.date.fromisoformat(str(text))
    except ValueError:
        return None
    return date if 1900 <= date.year <= 2200 else None


class SerialNumberFilter(TextFilter):
    title = "serial number"
    parameter_name = "serial_number"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        return queryset.filter(safe__serial_number=value.strip().upper()) if value else queryset


class SafeSiteFilter(DropdownFilter):
    """Safes that ever stood at a site; their rows from elsewhere come along and say where they are from."""

    title = "site of the safe"
    parameter_name = "site"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [(code, f"{code} {name}") for code, name in Site.objects.order_by("code").values_list("code", "name")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        if not value:
            return queryset
        return queryset.filter(safe__in=Placement.objects.filter(site__code=value).values("safe"))


class SiteFilter(DropdownFilter):
    """Rows of one site; ``path`` is where they have its code."""

    title = "site"
    parameter_name = "site"
    path = "site__code"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [(code, f"{code} {name}") for code, name in Site.objects.order_by("code").values_list("code", "name")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        return queryset.filter(**{self.path: value}) if value else queryset


class PresetFilter(DropdownFilter):
    """A choice that holds a value until somebody asks for another: open findings, the real books."""

    preset = ""
    all_option = None

    def value(self) -> str:
        value = super().value()
        return value if value in {choice for choice, _ in self.lookup_choices} else self.preset

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        return queryset if value == "all" else queryset.filter(**{self.parameter_name: value})


AGES = [("day", "less than a day"), ("three", "one to three days"), ("week", "three to seven days"), ("old", "older")]
_AGE_DAYS = {"day": 1, "three": 3, "week": 7}


def ages(findings: QuerySet[Any], now: dt.datetime) -> QuerySet[Any]:
    """Findings with how long they have been open, as one of AGES."""
    younger = [When(opened_at__gt=now - dt.timedelta(days=days), then=Value(age)) for age, days in _AGE_DAYS.items()]
    aged: QuerySet[Any] = findings.annotate(age=Case(*younger, default=Value("old"), output_field=CharField()))
    return aged


class AgeFilter(DropdownFilter):
    """How long ago something was opened."""

    title = "age"
    parameter_name = "age"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return AGES

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        return ages(queryset, timezone.now()).filter(age=value) if value in dict(AGES) else queryset
