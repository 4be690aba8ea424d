"""The page of a row's history: who changed what, when and on what occasion. For looking at alone."""

from __future__ import annotations

from itertools import chain
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from simple_history.utils import get_history_manager_for_model

from safes.admin.bases import EMPTY, StaffAdmin, change_url, instant, table
from safes.admin.history_words import Line, lines_of, what_changed

# The latest of each kind of row; nobody reads a page of more.
_SHOWN = 300


class HistoryAdmin(StaffAdmin):
    """A room whose rows have a history. Whoever may view a row may view it; nobody may do anything to it."""

    def histories(self, pk: object) -> list[models.QuerySet[Any]]:
        """The copies that the page of a row tells of: its own, and those of rows that are edited with it."""
        return [get_history_manager_for_model(self.model).filter(**{self.model._meta.pk.attname: pk})]

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        row = self.get_object(request, object_id)
        if not self.has_view_or_change_permission(request, row):
            raise PermissionDenied
        lines, more = self._lines(object_id)
        if row is None and not lines:
            raise Http404(f"There is no {self.model._meta.verbose_name} {object_id[:40]}, and there was none.")
        # Of a row that is deleted, what it last was.
        shown = row or lines[0].copy.history_object
        context = {
            **self.admin_site.each_context(request),
            "title": f"History of {shown}",
            "opts": self.model._meta,
            "original": shown,
            "lines": table(("when", "who", "what", "on what occasion"), map(self._told, lines)),
            "more": more,
            "back": change_url(row) if row else None,
            **(extra_context or {}),
        }
        return TemplateResponse(request, "staff/history.html", context)

    def _lines(self, object_id: str) -> tuple[list[Line], bool]:
        """Newest first; and whether there are older ones."""
        try:
            pk = self.model._meta.pk.to_python(object_id)
        except ValidationError:
            return [], False
        copies = [list(rows.select_related("history_user")[: _SHOWN + 1]) for rows in self.histories(pk)]
        lines = list(chain.from_iterable(map(lines_of, copies)))
        lines.sort(key=lambda line: (line.copy.history_date, line.copy.history_id), reverse=True)
        return lines[:_SHOWN], len(lines) > _SHOWN

    def _told(self, line: Line) -> tuple[str, object, SafeString, object]:
        copy = line.copy
        noun = "" if copy.instance_type is self.model else copy.instance_type._meta.verbose_name
        return (
            instant(copy.history_date),
            copy.history_user or EMPTY,
            format_html("{} {}", noun, what_changed(line)) if noun else what_changed(line),
            copy.history_change_reason or EMPTY,
        )
