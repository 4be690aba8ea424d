"""The pages that report something to Loomis: which account, then the form; and a draft once more."""

from __future__ import annotations

import hashlib
import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from unfold.decorators import action

from incidents import raising
from incidents.admin.raising_form import RaiseForm, form_of, site_of, wall_clock_of
from incidents.lifecycle import State
from incidents.models import Atm, Incident, LoomisAccount
from incidents.wanted import OF_ATMS, OF_SAFES, from_finding
from safes.admin.bases import ViewOnlyAdmin, change_url
from safes.models import Finding, Safe

_KEPT = ("device", "fault_code", *OF_ATMS, *OF_SAFES)
_CARRIED = ("device", "finding", "like")


class RaisesIncidents(ViewOnlyAdmin):
    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return request.user.has_perm("incidents.add_incident")

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The account by the address, so that it works without a script; then the form for it."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        finding, like = _finding(request), _like(request)
        device = request.GET.get("device", "").replace("\x00", "").strip()[:64]
        start: dict[str, Any] = from_finding(finding) if finding else {}
        if like:
            start = {name: getattr(like, name) for name in _KEPT}
        if device:
            start["device"] = device
        account = _account(request, start.get("device", ""), like)
        if account is None:
            return self._choose(request, str(start.get("device", "")))
        if request.method != "POST":
            began = like.fault_at if like else timezone.now()
            return self._form_page(request, form_of(account)(account, initial=_begun(account, start, began)))
        again = _made_before(request)
        if again is not None:
            messages.info(request, "It was raised already, when the form was sent for the first time: this is it.")
            return HttpResponseRedirect(change_url(again))
        form = form_of(account)(account, request.POST)
        held = self._held_back(request, form)
        if held is not None:
            return held
        try:
            incident, _ = raising.raise_incident(
                form.wanted,
                user=request.user if isinstance(request.user, User) else None,
                finding=finding,
                draft=request.POST.get("act") == "draft",
                once=_once(request),
            )
        except ValidationError as error:  # something changed since the form was looked at
            form.say(error)
            return self._form_page(request, form)
        self.log_addition(request, incident, "Raised.")
        is_draft = incident.state == State.DRAFT
        messages.success(request, "Kept as a draft." if is_draft else "It is on its way to Loomis.")
        return HttpResponseRedirect(change_url(incident))

    @action(description="Edit", url_path="edit", permissions=["raise"], icon="edit")
    def edit(self, request: HttpRequest, object_id: str) -> HttpResponse:
        incident: Incident = self.row(request, object_id)
        if incident.state != State.DRAFT:
            messages.error(request, f"The incident is {incident.state}: only a draft can be edited.")
            return HttpResponseRedirect(change_url(incident))
        account = incident.account
        if request.method != "POST":
            start = {name: getattr(incident, name) for name in _KEPT}
            initial = _begun(account, start, incident.fault_at)
            return self._form_page(request, form_of(account)(account, initial=initial), incident)
        form = form_of(account)(account, request.POST)
        held = self._held_back(request, form, incident)
        if held is not None:
            return held
        is_sent = request.POST.get("act") != "draft"
        try:
            raising.edit_draft(incident.pk, form.wanted)
            if is_sent:
                raising.queue_draft(incident.pk)
        except raising.Conflict as error:
            messages.error(request, str(error))
            return HttpResponseRedirect(change_url(incident))
        except ValidationError as error:
            form.say(error)
            return self._form_page(request, form, incident)
        return self.acted(request, incident, "It is on its way to Loomis." if is_sent else "The draft was changed.")

    def _held_back(self, request: HttpRequest, form: RaiseForm, draft: Incident | None = None) -> HttpResponse | None:
        """The form once more, where something is wrong with it or has to be known before it is sent."""
        if not form.is_valid() or form.checked is None:
            return self._form_page(request, form, draft)
        warnings = form.remarks + raising.warnings_of(form.checked, timezone.now())
        is_seen = request.POST.get("seen") == _digest(warnings)
        if warnings and not is_seen and request.POST.get("act") != "draft":
            return self._form_page(request, form, draft, warnings)
        return None

    def _form_page(
        self, request: HttpRequest, form: RaiseForm, draft: Incident | None = None, warnings: list[str] | None = None
    ) -> HttpResponse:
        finding = _finding(request)
        context = {
            **self.admin_site.each_context(request),
            "title": f"Edit {draft}" if draft else "Raise an incident",
            "opts": self.model._meta,
            "original": draft,
            "form": form,
            "account": form.account,
            "finding": finding,
            "finding_url": change_url(finding) if finding else "",
            "warnings": warnings or [],
            "seen": _digest(warnings or []),
            "once": request.POST.get("once") or uuid.uuid4(),
            "is_wrong": form.is_bound and bool(form.errors or form.amount_errors),
            "back": change_url(draft) if draft else reverse("admin:incidents_incident_board"),
            "other_url": "" if draft else f"{reverse('admin:incidents_incident_add')}?{_carried(request, choose='1')}",
            "is_atm": form.account.dialect == LoomisAccount.Dialect.ATM,
        }
        return TemplateResponse(request, "staff/incidents/raise.html", context)

    def _choose(self, request: HttpRequest, device: str) -> HttpResponse:
        address = reverse("admin:incidents_incident_add")
        accounts = LoomisAccount.objects.filter(active=True)
        is_unknown = bool(device) and not _accounts_for(device)
        context = {
            **self.admin_site.each_context(request),
            "title": "Raise an incident",
            "opts": self.model._meta,
            "choices": [(one, f"{address}?{_carried(request, account=one.name)}") for one in accounts],
            "device": device,
            "is_unknown": is_unknown,
            "back": reverse("admin:incidents_incident_board"),
            "accounts_url": reverse("admin:incidents_loomisaccount_changelist"),
        }
        return TemplateResponse(request, "staff/incidents/choose.html", context)


def _account(request: HttpRequest, device: str, like: Incident | None) -> LoomisAccount | None:
    """The account that was asked for, or the only one that it can be."""
    name = request.GET.get("account", "").replace("\x00", "")
    active = LoomisAccount.objects.filter(active=True)
    if name:
        return active.filter(name=name).first()
    if "choose" in request.GET:
        return None
    if like is not None and like.account.active:
        return like.account
    found = list(_accounts_for(device)[:2]) if device else list(active[:2])
    return found[0] if len(found) == 1 else None


def _accounts_for(device: str) -> QuerySet[LoomisAccount]:
    """The accounts that a device may be reported by: an ATM's own, any of safes."""
    active = LoomisAccount.objects.filter(active=True)
    atm = Atm.objects.filter(number=device.upper()).first()
    if atm is not None:
        return active.filter(pk=atm.account_id)
    if Safe.objects.filter(serial_number=device.upper()).exists():
        return active.filter(dialect=LoomisAccount.Dialect.SAFEPOINT)
    return active.none()


def _begun(account: LoomisAccount, start: dict[str, Any], began: Any) -> dict[str, Any]:
    """What stands in the form at first; the time by the clock of where the device stands."""
    device = str(start.get("device", ""))
    site = site_of(account, device)
    if not device:
        return start  # nobody knows by which clock
    time, clock = wall_clock_of(began, site)
    return {**start, "fault_time": time, "clock": clock}


def _finding(request: HttpRequest) -> Finding | None:
    """What it is raised from, for who may see it."""
    pk = request.GET.get("finding", "")
    if not _is_number(pk) or not request.user.has_perm("safes.view_finding"):
        return None
    return Finding.objects.select_related("safe").filter(pk=pk).first()


def _like(request: HttpRequest) -> Incident | None:
    pk = request.GET.get("like", "")
    if not _is_number(pk) or not request.user.has_perm("incidents.view_incident"):
        return None
    return Incident.objects.select_related("account").filter(pk=pk).first()


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 19


def _once(request: HttpRequest) -> uuid.UUID | None:
    try:
        return uuid.UUID(request.POST.get("once", ""))
    except ValueError:
        return None


def _made_before(request: HttpRequest) -> Incident | None:
    once = _once(request)
    return Incident.objects.filter(once=once, raised_by=request.user.pk).first() if once else None


def _carried(request: HttpRequest, **more: str) -> str:
    return urlencode({name: request.GET[name] for name in _CARRIED if request.GET.get(name)} | more)


def _digest(warnings: list[str]) -> str:
    """Of the warnings that somebody has seen: others that come up meanwhile are shown, too."""
    return hashlib.sha256("\n".join(warnings).encode()).hexdigest()[:16]
