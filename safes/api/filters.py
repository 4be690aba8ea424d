"""Filters that say so when they are not understood: a filter that is passed over shows the wrong cash.

Unknown, repeated, empty and malformed parameters are answered 400, naming them.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection
from typing import Any

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.utils import extend_schema_field
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.views import APIView

from safes.estate import normal_serial

# What a list takes besides its filters; safes.api.pagination reads them.
PAGING = frozenset({"cursor", "page_size", "order"})


class StrictFilterBackend(DjangoFilterBackend):
    """django-filter, but nothing goes unheard."""

    def filter_queryset(self, request: Request, queryset: QuerySet[Any], view: APIView) -> QuerySet[Any]:
        wrong: dict[str, list[str]] = {}
        filterset = self.get_filterset(request, queryset, view)
        known = set(filterset.filters)
        for name, values in request.query_params.lists():
            if name not in known | PAGING:
                wrong[name] = [f"There is no such filter here; there are {', '.join(sorted(known))}."]
            elif len(values) > 1:
                wrong[name] = ["Given more than once; give it once."]
            elif not values[0].strip():
                wrong[name] = ["Empty; give a value, or leave it out."]
        for name, errors in filterset.errors.items():
            wrong.setdefault(name, [str(error) for error in errors])
        if wrong:
            raise exceptions.ValidationError(wrong)
        rows: QuerySet[Any] = filterset.qs
        return rows


class DayField(forms.Field):
    """A date as 2026-11-21."""

    def to_python(self, value: Any) -> dt.date | None:
        if value in self.empty_values:
            return None
        if not re.fullmatch(r"\d{4}-\d\d-\d\d", value, re.ASCII):
            raise ValidationError("Write the date as 2026-11-21.")
        try:
            return dt.date.fromisoformat(value)
        except ValueError:
            raise ValidationError(f"There is no day {value}.") from None


class MomentField(forms.Field):
    """An instant, with its offset: 2026-11-21T23:39:57Z."""

    def to_python(self, value: Any) -> dt.datetime | None:
        if value in self.empty_values:
            return None
        # A plus sign that was not escaped arrives as a space.
        text = re.sub(r" (\d\d:?\d\d)$", r"+\1", value)
        try:
            moment = dt.datetime.fromisoformat(text)
        except ValueError:
            moment = None
        if moment is None or moment.tzinfo is None or not 1900 <= moment.year <= 2200:
            raise ValidationError("Write the instant with its offset, as 2026-11-21T23:39:57Z.")
        return moment


class SerialNumberField(forms.CharField):
    def clean(self, value: Any) -> str:
        text = super().clean(value)
        return normal_serial(text) if text else text


class DayFilter(django_filters.DateFilter):
    field_class = DayField


class MomentFilter(django_filters.IsoDateTimeFilter):
    field_class = MomentField


class SerialNumberFilter(django_filters.CharFilter):
    """Case does not count."""

    field_class = SerialNumberField


@extend_schema_field({"type": "boolean"})
class FlagFilter(django_filters.ChoiceFilter):
    """true or false; anything else is refused, where Django's own would be passed over."""

    def __init__(self, **options: Any) -> None:
        super().__init__(choices=[("true", "true"), ("false", "false")], **options)

    def filter(self, qs: QuerySet[Any], value: str) -> QuerySet[Any]:
        return super().filter(qs, value == "true" if value else value)


class ReadFilterSet(django_filters.FilterSet):
    """Filters of one list. Pairs ``…_from`` and ``…_to`` (``…_min`` and ``…_max``) must not be the wrong way round."""

    @property
    def errors(self) -> Any:
        errors = super().errors
        given = self.form.cleaned_data
        for first, last in _pairs(given):
            if None not in (given[first], given[last]) and given[first] > given[last]:
                errors[last] = [f"It lies before {first}; exchange the two."]
        return errors


def _pairs(names: Collection[str]) -> list[tuple[str, str]]:
    """The names that are the two ends of a range."""
    ends = {"_from": "_to", "_min": "_max"}
    pairs = [(name, name.removesuffix(end) + ends[end]) for name in names for end in ends if name.endswith(end)]
    return [(first, last) for first, last in pairs if last in names]
