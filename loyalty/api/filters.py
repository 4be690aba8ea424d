"""Filters of this app's lists."""

from __future__ import annotations

from typing import Any

import django_filters
from django import forms
from django.core.exceptions import ValidationError

from loyalty.formats import as_e164


class MobileNumberField(forms.Field):
    """A phone in any spelling, as E.164."""

    def to_python(self, value: Any) -> str | None:
        if value in self.empty_values:
            return None
        number = as_e164(value)
        if number is None:
            raise ValidationError("This is no phone number: give it with its country, as +12015550123.")
        return number


class MobileNumberFilter(django_filters.Filter):
    field_class = MobileNumberField
