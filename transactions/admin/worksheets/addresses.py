"""Where the figures of a day lead to."""

from __future__ import annotations

import datetime as dt

from django.urls import reverse
from django.utils.http import urlencode

from safes.models import Site
from transactions.admin.leads import transactions_url
from transactions.models import Book


def of_safe(serial: str, date: dt.date, **more: str) -> str:
    """The transactions of a safe's business day that are in the books."""
    return transactions_url(serial_number=serial, **only(date), book=Book.PRODUCTION.value, **more)


def of_site(site: Site, date: dt.date, **more: str) -> str:
    """The same for the safes of a site."""
    return transactions_url(site=site.code, **only(date), book=Book.PRODUCTION.value, **more)


def only(date: dt.date) -> dict[str, str]:
    return {"business_date_from": date.isoformat(), "business_date_to": date.isoformat()}


def room(name: str, **filters: str) -> str:
    """A list of this app, filtered."""
    return f"{reverse(f'admin:transactions_{name}_changelist')}?{urlencode(filters)}"


def page(name: str, pk: int) -> str:
    """The page of a row of this app."""
    return reverse(f"admin:transactions_{name}_change", args=[pk])


def pickups_on(serial: str, date: dt.date) -> str:
    return room("pickup", serial_number=serial, last_on_from=date.isoformat(), last_on_to=date.isoformat())
