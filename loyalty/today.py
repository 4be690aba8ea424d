"""Which date it is for bonuses: by the clock of LOYALTY_TIME_ZONE."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone


def today() -> dt.date:
    return date_of(timezone.now())


def date_of(moment: dt.datetime) -> dt.date:
    return moment.astimezone(ZoneInfo(settings.LOYALTY_TIME_ZONE)).date()
