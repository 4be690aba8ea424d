"""What every room of the staff site is built on: view-only lists, counts that do not read whole tables, act pages."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin import ShowFacets
from django.core.paginator import Paginator
from django.db import connection, models
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.html import format_html, strip_tags
from django.utils.safestring import SafeString
from unfold.decorators import display

from safes.admin.exports import GoesIntoFiles
from safes.admin.saved_filters import SavesFilters

# Up to here rows are counted one by one, beyond it the database's own estimate will do.
COUNTED = 10_000
_SORTED = 200_000


# An amount, with its currency or without, or a count.
_FIGURE = re.compile(r"[+-]?[\d,]*\d(\.\d+)?( [A-Z]{3})?")


class EstimatingPaginator(Paginator[Any]):
    """Pages over a big table: an exact count while it is cheap, an estimate beyond, never a COUNT over everything."""

    @cached_property
    def count(self) -> int:
        rows = self.object_list
        if not isinstance(rows, models.QuerySet):
            return len(rows)
        # In the order of the list, as far as an index has it: in no order at all the planner takes a table for well
        # mixed, and reads years for the first row of a month.
        counted = rows.order_by(*rows.query.order_by[:1])[: COUNTED + 1].count()
        if counted <= COUNTED:
            return counted
        return max(counted, _estimate(rows))


def is_few(rows: models.QuerySet[Any]) -> bool:
    """Whether so few rows are expected that to find and sort them all is nothing."""
    return _estimate(rows) <= _SORTED


def _estimate(rows: models.QuerySet[Any]) -> int:
    """What the planner expects, from its statistics; for a whole table, the table's own."""
    if not rows.query.where:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT reltuples::bigint FROM pg_class WHERE oid = %s::regclass", [rows.model._meta.db_table]
            )
            return int(cursor.fetchone()[0])
    plan = json.loads(rows.order_by().explain(format="json"))
    return int(plan[0]["Plan"]["Plan Rows"])


class StaffAdmin(SavesFilters, GoesIntoFiles):
    """Lists without bulk deletion, and pages that do one thing and say so."""

    list_filter_submit = True
    list_fullwidth = True
    warn_unsaved_form = True
    show_full_result_count = False
    show_facets = ShowFacets.NEVER  # they count every choice of every filter
    list_per_page = 50
    empty_value_display = "–"
    # What an empty list says: how rows come to be here.
    when_empty = "Nothing is here yet."

    @display(description="business date")
    def date(self, row: Any) -> SafeString:
        return nowrap(day(row.business_date))

    @display(description="safe")
    def place(self, row: Any) -> SafeString:
        return link(change_url(row.safe), row.safe)

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        rows: models.QuerySet[Any] = super().get_queryset(request)
        return rows

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if any("\x00" in value for _, values in request.GET.lists() for value in values):
            # PostgreSQL knows no such character, so nothing could be found by it.
            return HttpResponseRedirect(request.path)
        response: HttpResponse = super().changelist_view(request, extra_context)
        context = getattr(response, "context_data", None)
        if context is not None and "cl" in context:
            context["saved"] = self.saved_views(request, context["cl"])
            context["as_file"] = self.as_file(request)
        return response

    def row(self, request: HttpRequest, object_id: object) -> Any:
        """The row an act is about, or 404, whatever the address says."""
        found = self.get_object(request, str(object_id))
        if found is None:
            raise Http404(f"There is no {self.model._meta.verbose_name} {str(object_id)[:40]}.")
        return found

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        # What may go at all goes one by one, by somebody who has looked at it.
        return {name: action for name, action in super().get_actions(request).items() if name != "delete_selected"}

    def has_act_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        """May do what this room's buttons do, which is not editing: view-only rows can be acted upon."""
        meta = self.model._meta
        return request.user.has_perm(f"{meta.app_label}.change_{meta.model_name}")

    def act_page(
        self, request: HttpRequest, obj: models.Model, form: forms.Form, *, title: str, explanation: str, button: str
    ) -> HttpResponse:
        """A page that asks for what an act needs and has one button."""
        context = {
            **self.admin_site.each_context(request),
            "title": title,
            "opts": self.model._meta,
            "original": obj,
            "form": form,
            "explanation": explanation,
            "button": button,
            "back": change_url(obj),
        }
        return TemplateResponse(request, "staff/act.html", context)

    def acted(self, request: HttpRequest, obj: models.Model, said: str, level: int = messages.SUCCESS) -> HttpResponse:
        """Back to the row, with a sentence about what came of it, which its history keeps too."""
        self.log_change(request, obj, said)
        messages.add_message(request, level, said)
        return HttpResponseRedirect(change_url(obj))


class ViewOnlyAdmin(StaffAdmin):
    """Rows that nobody may add, change or delete here; nothing on their pages can be edited."""

    warn_unsaved_form = False

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


def change_url(obj: models.Model) -> str:
    meta = obj._meta
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[obj.pk])


def link(url: str, text: object) -> SafeString:
    return format_html('<a href="{}" class="text-primary-600 dark:text-primary-500 underline">{}</a>', url, text)


def table(headers: Sequence[str], rows: Iterable[Sequence[object]]) -> SafeString:
    """A table within a page; cells are escaped unless they are safe already."""
    lines = [list(row) for row in rows]
    if not lines:
        return EMPTY
    sums = [_is_of_figures(column) for column in zip(*lines, strict=True)]
    named = list(zip(headers, sums, strict=True))
    cells = [list(zip(line, sums, strict=True)) for line in lines]
    return SafeString(render_to_string("staff/table.html", {"headers": named, "rows": cells}))


def _is_of_figures(column: Sequence[object]) -> bool:
    """Whether all of a column are amounts or counts: they stand under each other, so that a wrong one is seen."""
    texts = [strip_tags(str(cell)).strip() for cell in column]
    return any(_FIGURE.fullmatch(text) for text in texts) and all(
        not text or text == EMPTY or _FIGURE.fullmatch(text) for text in texts
    )


EMPTY = SafeString("–")


def nowrap(text: str) -> SafeString:
    """On one line: a time or an amount that is broken in two is read wrongly."""
    return format_html('<span class="staff-figures">{}</span>', text)


def wall_clock(moment: dt.datetime | None) -> str:
    """A time as a safe's clock showed it; fractions only where there are any."""
    if moment is None:
        return EMPTY
    text = f"{moment:%Y-%m-%d %H:%M:%S}"
    return f"{text}.{moment.microsecond:06d}".rstrip("0") if moment.microsecond else text


def instant(moment: dt.datetime | None) -> str:
    """An instant, in UTC and saying so."""
    return EMPTY if moment is None else f"{moment.astimezone(dt.UTC):%Y-%m-%d %H:%M:%S} UTC"


def day(date: dt.date | None) -> str:
    return EMPTY if date is None else date.isoformat()


def money(amount: Any, currency: str | None) -> str:
    """An amount with two decimals, more where they are not zero, and its currency."""
    if amount is None:
        return EMPTY
    text = f"{amount:,.4f}"
    text = text[:-2] if text.endswith("00") else text
    return f"{text} {currency}" if currency else text


def ago(moment: dt.datetime | None, now: dt.datetime) -> str:
    """How long ago, in the unit that says something."""
    if moment is None:
        return "never"
    seconds = max((now - moment).total_seconds(), 0)
    for size, unit in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        number = int(seconds // size)
        if number >= (2 if unit == "day" else 1):
            return f"{number} {unit}{'' if number == 1 else 's'} ago"
    return "just now"
