"""Addresses that answer with and without a trailing slash."""

from __future__ import annotations

from django.urls import URLPattern, path
from rest_framework.views import APIView


def both(route: str, view: type[APIView], name: str) -> list[URLPattern]:
    """A route, and the same with a slash: nobody is redirected."""
    return [path(route, view.as_view(), name=name), path(f"{route}/", view.as_view())]
