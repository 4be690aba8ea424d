"""Saved views of a list: links above it, a form that saves what it shows, and removing one's own."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ORDER_VAR, SEARCH_VAR, ChangeList
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect, QueryDict
from django.urls import URLPattern, path, reverse
from unfold.admin import ModelAdmin

from safes.admin.filters import RecentFilter
from safes.saved_filters import NAME_LENGTH, QUERY_LENGTH, remove_filter, save_filter, saved_in, spelt


class SavesFilters(ModelAdmin):
    """Every list has them. Who may see the list may save views of it; a shared one shows each what they may see."""

    def get_urls(self) -> list[URLPattern]:
        page, name = self.admin_site.admin_view, f"{self.opts.app_label}_{self.opts.model_name}"
        return [
            path("views/save/", page(self.save_view), name=f"{name}_save_view"),
            path("views/<int:view_id>/remove/", page(self.remove_view), name=f"{name}_remove_view"),
            *super().get_urls(),
        ]

    def save_view(self, request: HttpRequest) -> HttpResponse:
        refused = self._refused(request)
        if refused:
            return refused
        query = ""
        try:
            query = understood(self, request, request.POST.get("query", ""))
            is_shared = bool(request.POST.get("is_shared"))
            kept, is_new = save_filter(
                request.user, self._room, request.POST.get("name", ""), query, is_shared=is_shared
            )
        except ValueError as error:
            messages.error(request, str(error))
        else:
            said = "Saved as" if is_new else "Saved anew as"
            messages.success(request, f"{said} “{kept.name}”{', for everybody' if is_shared else ''}.")
        return self._back(query)

    def remove_view(self, request: HttpRequest, view_id: int) -> HttpResponse:
        refused = self._refused(request)
        if refused:
            return refused
        try:
            messages.success(request, f"“{remove_filter(request.user, self._room, view_id)}” is removed.")
        except ValueError as error:
            messages.error(request, str(error))
        return self._back(spelt(request.POST.get("query", "")[:QUERY_LENGTH]))

    @property
    def _room(self) -> str:
        return f"{self.opts.app_label}.{self.opts.model_name}"

    def _refused(self, request: HttpRequest) -> HttpResponse | None:
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        return None if request.method == "POST" else HttpResponseNotAllowed(["POST"])

    def _back(self, query: str) -> HttpResponse:
        listed = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")
        return HttpResponseRedirect(f"{listed}?{query}" if query else listed)

    def saved_views(self, request: HttpRequest, listed: ChangeList) -> dict[str, Any]:
        """What the part above the list shows. One query."""
        shown = _kept_of(request.GET, listed)
        name = f"{self.opts.app_label}_{self.opts.model_name}"
        views = [
            {
                "name": one.name,
                "url": f"?{one.query}",
                "is_active": one.query == shown,
                "by": one.owner if one.owner_id != request.user.pk else None,
                "is_shared": one.is_shared,
                "remove": reverse(f"admin:{name}_remove_view", args=[one.pk]),
            }
            for one in saved_in(self._room, request.user)
        ]
        return {
            "views": views,
            "own": [view for view in views if view["by"] is None],
            "save": reverse(f"admin:{name}_save_view"),
            "query": shown,
            "name_length": NAME_LENGTH,
        }


def understood(room: SavesFilters, request: HttpRequest, query: str) -> str:
    """What of a query the list understands: its search, its order and its filters; never a page of it.

    Raises ValueError when the list cannot be asked so.
    """
    if len(query) > 2 * QUERY_LENGTH:
        raise ValueError(f"These filters are too long to be kept: {QUERY_LENGTH:,} characters at most.")
    asked = QueryDict(spelt(query))
    # The list itself is asked, for the same person: first what it goes by, then whether it can be asked so.
    unasked = room.get_changelist_instance(_request_for(request, QueryDict()))
    known = QueryDict(spelt(asked, _names(unasked)))
    try:
        return _kept_of(known, room.get_changelist_instance(_request_for(request, known)))
    except IncorrectLookupParameters as error:
        raise ValueError("This list cannot be filtered so: choose its filters anew, then save.") from error


def _kept_of(query: QueryDict, listed: ChangeList) -> str:
    """A list's query without what it does not go by, and without the days that it begins with of itself.

    Dates that are left out go along with the days; the form that filters sends them along, chosen or not.
    """
    of_itself = {
        f"{spec.parameter_name}_from"
        for spec in listed.filter_specs
        if isinstance(spec, RecentFilter) and spec.begins_by_itself()
    }
    return spelt(query, _names(listed) - of_itself)


def _names(listed: ChangeList) -> set[str]:
    """The names in its address that a list goes by."""
    filters = {name for spec in listed.filter_specs for name in spec.expected_parameters() if name}
    return {SEARCH_VAR, ORDER_VAR, *filters}


def _request_for(request: HttpRequest, query: QueryDict) -> HttpRequest:
    get = HttpRequest()
    get.method, get.user, get.session, get.META = "GET", request.user, request.session, dict(request.META)
    get.GET = query  # type: ignore[assignment]
    return get
