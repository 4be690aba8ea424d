"""The files of a finding: a form on its page, and downloads that no browser runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.defaultfilters import filesizeformat
from django.template.loader import render_to_string
from django.urls import URLPattern, path, reverse
from django.utils.http import content_disposition_header
from django.utils.safestring import SafeString
from django.views.decorators.csrf import csrf_exempt

from safes.admin.bases import StaffAdmin, change_url, instant
from safes.attachments import attach, largest, too_large, types_in_words
from safes.file_types import TYPES
from safes.models import Attachment, Finding

# Beside the file a form has a token, and the lines between its parts.
_AROUND_THE_FILE = 16_384
# How much of a body that is too large is read so that its sender sees why; a film from a telephone is less.
_DROPPED, _PIECE = 200 << 20, 1 << 16


class HasAttachments(StaffAdmin):
    """A finding's page with its files. Who may see them is a question of its own: a photograph shows people."""

    def get_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view
        return [
            path("<int:pk>/attach/", self._measured(self.attach), name="safes_finding_attach"),
            path(
                "<int:pk>/attachments/<int:attachment_id>/",
                page(self.download),
                name="safes_finding_attachment",
            ),
            *super().get_urls(),
        ]

    def _measured(self, view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        """The view, unless the body is larger than any that is taken: then its sentence, and nothing is kept of it.

        Nobody reads more of a body than its declared length, so that this bounds memory and disk. It stands before the
        check against forged forms, which would read the form, and with it the file; that check is made within.
        """
        taken = self.admin_site.admin_view(view)
        refused = self.admin_site.admin_view(csrf_exempt(self._refuse_size))

        @csrf_exempt
        def measured(request: HttpRequest, **kwargs: Any) -> HttpResponse:
            declared = str(request.META.get("CONTENT_LENGTH") or "0")
            # What is no number Django takes for none, and reads nothing.
            fits = not declared.isdecimal() or int(declared[:20]) <= largest() + _AROUND_THE_FILE
            answer: HttpResponse = (taken if fits else refused)(request, **kwargs)
            return answer

        return measured

    def _refuse_size(self, request: HttpRequest, pk: int) -> HttpResponse:
        finding: Finding = self._finding_to_attach_to(request, pk)
        # A browser shows an answer once it has sent all: what is somewhat too large is read and dropped for its sake.
        for _ in range(_DROPPED // _PIECE):
            if not request.read(_PIECE):
                break
        messages.error(request, too_large())
        return HttpResponseRedirect(change_url(finding))

    def attach(self, request: HttpRequest, pk: int) -> HttpResponse:
        finding: Finding = self._finding_to_attach_to(request, pk)
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        file = request.FILES.get("file")
        if not isinstance(file, UploadedFile):
            messages.error(request, "Choose a file first.")
            return HttpResponseRedirect(change_url(finding))
        try:
            name = request.POST.get("name", "").strip() or file.name or ""
            kept, is_new = attach(finding.pk, request.user.get_username(), name, file.read())
        except ValueError as error:
            messages.error(request, str(error))
            return HttpResponseRedirect(change_url(finding))
        if not is_new:
            messages.info(request, f"This file is attached already, as {kept}.")
            return HttpResponseRedirect(change_url(finding))
        return self.acted(request, finding, f"{kept} is attached.")

    def _finding_to_attach_to(self, request: HttpRequest, pk: int) -> Finding:
        if not (self.has_view_permission(request) and request.user.has_perm("safes.add_attachment")):
            raise PermissionDenied
        finding: Finding = self.row(request, pk)
        return finding

    def download(self, request: HttpRequest, pk: int, attachment_id: int) -> HttpResponse:
        """The exact bytes, as a file for the person, and nothing that the browser opens by itself."""
        if not (self.has_view_permission(request) and request.user.has_perm("safes.view_attachment")):
            raise PermissionDenied
        kept = Attachment.objects.filter(pk=attachment_id, finding=pk).first()
        if kept is None:
            raise Http404("There is no such attachment.")
        return HttpResponse(
            bytes(kept.content),
            content_type=kept.content_type,
            headers={
                "Content-Disposition": content_disposition_header(True, kept.file_name) or "attachment",
                "Content-Security-Policy": "sandbox; default-src 'none'",
                "X-Content-Type-Options": "nosniff",
                "Cache-Control": "private, no-store",
            },
        )


def attachments_of(request: HttpRequest, finding: Finding) -> SafeString:
    """What stands below a finding's page: its files for who may see them, a form for who may add one. One query."""
    may_see, may_add = (request.user.has_perm(f"safes.{act}_attachment") for act in ("view", "add"))
    if not may_see and not may_add:
        return SafeString("")
    kept = finding.attachments.defer("content") if may_see else []
    context = {
        "finding": finding,
        "files": [
            {
                "name": one.file_name,
                "url": reverse("admin:safes_finding_attachment", args=[finding.pk, one.pk]),
                "size": filesizeformat(one.size),
                "by": one.by,
                "at": instant(one.at),
            }
            for one in kept
        ],
        "may_see": may_see,
        "may_add": may_add,
        "action": reverse("admin:safes_finding_attach", args=[finding.pk]),
        "accept": ",".join(ending for found in TYPES for ending in found.endings),
        "types": types_in_words(),
        "largest": filesizeformat(largest()),
    }
    return SafeString(render_to_string("staff/attachments.html", context, request))
