"""The page for those who may not: what was asked for, and which role could do it."""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib import admin
from django.contrib.admin import ModelAdmin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from safes.roles import roles_with

# What Django calls the pages of a model, and what they ask for.
_PAGES = {"changelist": "view", "change": "view", "history": "view", "add": "add", "delete": "delete"}


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403, with the roles that have the permission which the page asks for."""
    wanted = _wanted(request)
    context = {
        **admin.site.each_context(request),
        "title": "You may not do this",
        "said": str(exception or ""),
        "wanted": " or ".join(_in_words(permission) for permission in wanted),
        "roles": list(dict.fromkeys(role for permission in wanted for role in roles_with(permission))),
    }
    # Rendered here: nobody after this looks whether it still has to be.
    return TemplateResponse(request, "403.html", context, status=403).render()


def _wanted(request: HttpRequest) -> list[str]:
    """The permissions of which one would have opened the page; none when it is no page of a model."""
    match = request.resolver_match
    if match is None or "admin" not in match.app_names:
        return []
    for room in admin.site._registry.values():
        what = _page_of(room, match.url_name or "")
        if what is None:
            continue
        changes = what == "change" and request.method not in ("GET", "HEAD")
        actions: Iterable[str] = ["change"] if changes else [_PAGES[what]] if what in _PAGES else _asked_for(room, what)
        meta = room.model._meta
        return [one if "." in one else f"{meta.app_label}.{one}_{meta.model_name}" for one in actions]
    return []


def _page_of(room: ModelAdmin, url_name: str) -> str | None:  # type: ignore[type-arg]
    meta = room.model._meta
    prefix = f"{meta.app_label}_{meta.model_name}_"
    return url_name.removeprefix(prefix) if url_name.startswith(prefix) else None


def _asked_for(room: ModelAdmin, act: str) -> list[str]:  # type: ignore[type-arg]
    """The permissions that an act of a room names; “act” is the right to change (safes.admin.bases)."""
    named = getattr(getattr(room, act, None), "allowed_permissions", None) or ["act"]
    return ["change" if name == "act" else name for name in named]


def _in_words(permission: str) -> str:
    action, _, model = permission.partition(".")[2].partition("_")
    found = next(
        (room.model._meta for room in admin.site._registry.values() if room.model._meta.model_name == model), None
    )
    return f"{action} {found.verbose_name_plural if found else model}"
