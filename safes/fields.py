"""Model fields that Django does not bring."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models


class WallClockField(models.Field[dt.datetime, dt.datetime]):
    """A wall-clock time as a machine showed it: naive, to the microsecond, in no time zone.

    Django's DateTimeField is an instant (``timestamptz``) once USE_TZ is on; what a safe's clock read is not one.
    """

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
        value: dt.datetime | None = self.value_from_object(obj)
        return "" if value is None else value.isoformat()
