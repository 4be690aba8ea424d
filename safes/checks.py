"""What Django's check says of our settings."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error

_CHOICES = ("required", "optional")


def second_factor(**_: Any) -> list[CheckMessage]:
    """A word that is neither would quietly mean that none is required."""
    if settings.STAFF_SECOND_FACTOR in _CHOICES:
        return []
    return [
        Error(
            f"STAFF_SECOND_FACTOR is “{settings.STAFF_SECOND_FACTOR}”: set it to required or optional.", id="safes.E001"
        )
    ]
