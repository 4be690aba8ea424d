"""Being staff in a test: pages found by name, pushes sent beside them, and what the database holds looked through."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db import connection, models
from django.test import Client
from django.urls import reverse

from tests.factories import body_of, cash_in


def page(model: type[models.Model], what: str, *arguments: Any) -> str:
    """The address of a page of the staff site: page(Safe, "change", 7)."""
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{what}", args=arguments)


def rooms() -> list[type[models.Model]]:
    """Every model that has a room in the staff site."""
    return sorted(admin.site._registry, key=lambda model: model._meta.label)


def push(client: Client, name: str, key: str) -> int:
    return client.post(
        reverse("push", args=[name]),
        body_of(cash_in()),
        content_type="application/json",
        headers={"Authorization": key},
    ).status_code


def everything_in_the_database() -> str:
    """Every row of every table of ours and of Django's, as text."""
    rows = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT t::text FROM "{table}" t')
            rows += [row for (row,) in cursor.fetchall()]
    return "\n".join(rows)
