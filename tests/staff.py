"""Being staff in a test: logged in by the fixture, pages found by name."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db import models
from django.urls import reverse


def page(model: type[models.Model], what: str, *arguments: Any) -> str:
    """The address of a page of the staff site: page(Safe, "change", 7)."""
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{what}", args=arguments)


def rooms() -> list[type[models.Model]]:
    """Every model that has a room in the staff site."""
    return sorted(admin.site._registry, key=lambda model: model._meta.label)
