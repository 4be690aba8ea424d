"""Model fields that Django does not bring."""

from __future__ import annotations

import datetime as dt
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import models

# What is set and what is got; django-stubs fills them in, by whether the field may be null.
_ST = TypeVar("_ST", contravariant=True)
_GT = TypeVar("_GT", covariant=True)


class WallClockField(models.Field[_ST, _GT]):
    """A wall-clock time as a machine showed it: naive, to the microsecond, in no time zone.

    Django's DateTimeField is an instant (``timestamptz``) once USE_TZ is on; what a safe's clock read is not one.
    """

    _pyi_private_set_type: dt.datetime
    _pyi_private_get_type: dt.datetime

    description = "Wall-clock time without time zone"

    def db_type(self, connection: Any) -> str:
        return "timestamp without time zone"

    def get_internal_type(self) -> str:
        return "WallClockField"

    def to_python(self, value: Any) -> dt.datetime | None:
        if value is None or isinstance(value, dt.datetime):
            return value
        try:
            moment = dt.datetime.fromisoformat(str(value))
        except ValueError:
            raise ValidationError("Write the time as 2026-11-21T17:39:57.") from None
        if moment.tzinfo is not None:
            raise ValidationError("A wall-clock time has no offset: leave it out.")
        return moment

    def get_prep_value(self, value: Any) -> dt.datetime | None:
        return self.to_python(super().get_prep_value(value))

    def value_to_string(self, obj: models.Model) -> str:
        value: Any = self.value_from_object(obj)
        return "" if value is None else value.isoformat()
