"""Lists as files: asked for above the list, seen on their way, fetched by who asked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import structlog
from django.contrib import messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse, QueryDict
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.module_loading import import_string
from django.views.decorators.http import require_GET, require_POST
from kombu.exceptions import OperationalError as BrokerError
from unfold.admin import ModelAdmin

from safes.admin.exported import changelist, frozen, table_of
from safes.exporting.files import open_file
from safes.exporting.running import ExportError, ask, gone_after, write
from safes.models import Export

log = structlog.get_logger(__name__)

# A list of no more rows is written while who asked waits.
AT_ONCE = 2_000
_SHOWN = 5
_SPELT = {"q": "search", "o": "sorted by column"}


class GoesIntoFiles(ModelAdmin):
    """Every list does. Whoever may see the list may ask for it as a file, and nobody else gets that file."""

    # Columns that a file shows in the place of others: what a list tells in words of now, a file tells exactly.
    exported_instead: dict[str, str] = {}

    def columns_of_file(self, request: HttpRequest, names: Sequence[Any]) -> list[Any]:
        """The columns of a file for who asks, from those of the list."""
        return [self.exported_instead.get(name, name) if isinstance(name, str) else name for name in names]

    def trace_of_file(self, request: HttpRequest) -> str:
        """What the log of who exported says besides, such as that personal data is in it."""
        return ""

    def get_urls(self) -> list[URLPattern]:
        pages = _Pages(self)
        view = self.admin_site.admin_view
        return [
            path("as-file/", view(require_POST(pages.ask)), name=pages.name("as_file")),
            path("as-file/<int:pk>/", view(require_GET(pages.show)), name=pages.name("file")),
            path("as-file/<int:pk>/state/", view(require_GET(pages.tell)), name=pages.name("file_state")),
            path("as-file/<int:pk>/file/", view(require_GET(pages.fetch)), name=pages.name("file_fetch")),
            *super().get_urls(),
        ]

    def as_file(self, request: HttpRequest) -> str:
        """Where to ask for the list that a request shows."""
        query = request.GET.urlencode()
        return f"{_Pages(self).url('as_file')}?{query}"


class _Pages:
    """The pages of files of one room."""

    def __init__(self, room: Any) -> None:
        self._room = room
        self._label = f"{room.opts.app_label}.{room.opts.model_name}"

    def name(self, what: str) -> str:
        return f"{self._room.opts.app_label}_{self._room.opts.model_name}_{what}"

    def url(self, what: str, *arguments: int) -> str:
        return reverse(f"admin:{self.name(what)}", args=arguments)

    def ask(self, request: HttpRequest) -> HttpResponse:
        """Ask for the list with the filters of this address; little is written at once."""
        self._check(request)
        back = f"{self.url('changelist')}?{request.GET.urlencode()}"
        try:
            found = changelist(request, self._room)
            query = frozen(found, request.GET)
            export = ask(request.user, self._label, query, request.POST.get("format", ""), found.result_count)  # type: ignore[arg-type]
        except (ExportError, ValueError) as error:
            messages.error(request, str(error))
            return HttpResponseRedirect(back)
        self._log(export, self._room.trace_of_file(request))
        if export.expected <= AT_ONCE:
            write(export, table_of)
            export.refresh_from_db()
            if export.state == Export.State.DONE:
                return HttpResponseRedirect(self.url("file_fetch", export.pk))
        else:
            _tell_worker()
        return HttpResponseRedirect(self.url("file", export.pk))

    def show(self, request: HttpRequest, pk: int) -> HttpResponse:
        export = self._own(request, pk)
        mine = Export.objects.filter(by=export.by_id, room=self._label).exclude(pk=pk)[:_SHOWN]
        context = {
            **self._room.admin_site.each_context(request),
            "title": f"{str(self._room.opts.verbose_name_plural).capitalize()} as {export.get_format_display()}",
            "opts": self._room.opts,
            "export": export,
            "progress": _progress(export),
            "failed": [export.said],
            "gone_after": gone_after(export),
            "fetch_url": self.url("file_fetch", pk),
            "state_url": self.url("file_state", pk),
            "back": f"{self.url('changelist')}?{export.query}",
            "filters": _in_words(export),
            "others": [(self.url("file", other.pk), other, f"{other.written:,} rows") for other in mine],
        }
        return TemplateResponse(request, "staff/export.html", context)

    def tell(self, request: HttpRequest, pk: int) -> HttpResponse:
        return JsonResponse(_progress(self._own(request, pk)))

    def fetch(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        export = self._own(request, pk)
        try:
            file = open_file(export)
        except FileNotFoundError:
            messages.error(request, "This file is not there any more: ask for the list again.")
            return HttpResponseRedirect(self.url("file", pk))
        name = f"{self._room.opts.model_name}-{export.asked_at:%Y-%m-%d}-{export.pk}.{export.format}"
        return FileResponse(file, as_attachment=True, filename=name)

    def _check(self, request: HttpRequest) -> None:
        if not self._room.has_view_permission(request):
            raise PermissionDenied

    def _own(self, request: HttpRequest, pk: int) -> Export:
        """One's own export of this room; of others nobody is told that there are any."""
        self._check(request)
        export = Export.objects.filter(pk=pk, by=request.user.pk, room=self._label).first()
        if export is None:
            raise Http404("There is no such file of yours.")
        return export

    def _log(self, export: Export, trace: str) -> None:
        LogEntry.objects.create(
            user_id=export.by_id,
            content_type=ContentType.objects.get_for_model(self._room.model),
            object_repr=f"{self._room.opts.verbose_name_plural} as a file"[:200],
            action_flag=CHANGE,
            change_message=f"Exported as {export.get_format_display()}, some {export.expected:,} rows"
            f"{f', {trace}' if trace else ''}: {export.query}",
        )


def _in_words(export: Export) -> str:
    """What the list was filtered by, as its address says it."""
    asked = QueryDict(export.query).lists()
    words = ((name.replace("__exact", "").replace("_", " "), ", ".join(values)) for name, values in asked)
    return "; ".join(f"{_SPELT.get(name, name)}: {value}" for name, value in words if value)


def _progress(export: Export) -> dict[str, Any]:
    """How far it is, as its page says it: whether that is all, in words, and in percent where anybody can tell."""
    is_over = export.state in (Export.State.DONE, Export.State.FAILED)
    if export.state == Export.State.RUNNING:
        words = f"{export.written:,} of about {max(export.expected, export.written):,} rows are written."
    elif export.state == Export.State.WAITING:
        words = f"It waits for its turn. It will have about {export.expected:,} rows."
    elif export.state == Export.State.DONE:
        words = f"{export.written:,} rows are written."
    else:
        words = export.said
    # Never all of it before it is: the estimate may be short.
    percent = 100 if is_over else min(99, 100 * export.written // max(export.expected, 1))
    return {"is_over": is_over, "words": words, "percent": percent}


def _tell_worker() -> None:
    try:
        import_string("safes.tasks.write_exports").delay()
    except BrokerError:
        log.warning("broker_away", consequence="exports wait for the next turn of the clock")
