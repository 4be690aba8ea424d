"""Incidents: the list, and the page of each: where it stands, what to do, all that happened."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter
from unfold.decorators import display

from incidents.admin.acts import ActsOnIncidents
from incidents.admin.asking import AsksFilter
from incidents.admin.board import HasBoard
from incidents.admin.clock_words import clocks_of
from incidents.admin.faults import fault_of, with_faults
from incidents.admin.raising_page import RaisesIncidents
from incidents.admin.standing_words import moment, words_of
from incidents.admin.story import story_of
from incidents.clocks import facts_of
from incidents.models import Incident, LoomisAccount
from safes.admin.bases import EMPTY, EstimatingPaginator, ago, change_url, instant, link, table
from safes.admin.filters import SiteFilter

STATE_LABELS = {
    "draft": "default",
    "queued": "info",
    "sent": "info",
    "unconfirmed": "warning",
    "refused": "danger",
    "acknowledged": "primary",
    "accepted": "primary",
    "cancelled": "default",
    "closed": "success",
}


@admin.register(Incident)
class IncidentAdmin(RaisesIncidents, HasBoard, ActsOnIncidents):
    paginator = EstimatingPaginator
    list_display = ("number", "status", "what", "fault", "where", "age", "clock", "its_number")
    exported_instead = {"age": "raised", "clock": "promised"}
    list_filter = (
        AsksFilter,
        ("state", ChoicesDropdownFilter),
        ("account", RelatedDropdownFilter),
        ("account__dialect", ChoicesDropdownFilter),
        SiteFilter,
    )
    list_select_related = ("account", "site")
    search_fields = ("reference", "loomis_number", "device")  # said here, found in get_search_results
    search_help_text = "Reference, Loomis’s number or device"
    when_empty = "Nothing has been reported. Raise an incident here, on the page of a safe, or by the API."
    ordering = ("-created_at", "-id")
    sortable_by = ("number", "status", "age")
    change_form_outer_before_template = "staff/incidents/standing.html"
    change_form_outer_after_template = "staff/section.html"
    readonly_fields = (
        "number", "status", "what", "where", "account_link", "its_number", "fault", "fault_began", "device_status",
        "notes", "amounts_in_words", "subject", "description", "contact", "eta_in_words", "sla_in_words", "raised",
        "raised_how", "came_from", "went_out", "closed_in_words", "response",
    )  # fmt: skip
    _facts = (
        "What it is about",
        {"fields": (("what", "where"), ("fault", "fault_began"), ("account_link", "raised_how"))},
    )
    _loomis = (
        "What Loomis says of it",
        {"fields": (("its_number", "response"), ("eta_in_words", "sla_in_words"), ("went_out", "closed_in_words"))},
    )

    def get_fieldsets(self, request: HttpRequest, obj: Incident | None = None) -> Any:
        is_atm = obj is not None and obj.account.dialect == LoomisAccount.Dialect.ATM
        of_dialect = ("device_status", "amounts_in_words", "notes") if is_atm else ("subject", "contact", "description")
        title, facts = self._facts
        came = ("came_from",) if obj is not None and obj.finding_id else ()
        return [(title, {"fields": (*facts["fields"], of_dialect[:2], *of_dialect[2:], *came)}), self._loomis]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Incident]:
        return with_faults(super().get_queryset(request).select_related("account", "site"))

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Incident | None:
        # Asked for by the page and by its buttons: looked for once.
        known: dict[str, Incident | None] = request.__dict__.setdefault("_incidents_looked_at", {})
        if object_id not in known:
            found: Incident | None = super().get_object(request, object_id, from_field)
            known[object_id] = found
        return known[object_id]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Incident], search_term: str
    ) -> tuple[QuerySet[Incident], bool]:
        """By reference, Loomis's number or device."""
        return (queryset.filter(named(search_term.strip())) if search_term.strip() else queryset), False

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, obj: Incident | None = None, **kwargs: Any
    ) -> HttpResponse:
        if obj is not None:
            now = timezone.now()
            context |= {
                "standing": words_of(obj, now),
                "clocks": clocks_of(facts_of(obj), now),
                "section": SafeString(
                    render_to_string("staff/incidents/story.html", {"incident": obj, "moments": story_of(obj)}, request)
                ),
            }
        response: HttpResponse = super().render_change_form(request, context, *args, obj=obj, **kwargs)
        return response

    @display(description="reference", ordering="reference")
    def number(self, incident: Incident) -> str:
        return incident.reference

    @display(description="Loomis’s number", ordering="loomis_number")
    def its_number(self, incident: Incident) -> str:
        return ", ".join(incident.loomis_numbers) or EMPTY

    @display(description="state", ordering="state", label=STATE_LABELS)
    def status(self, incident: Incident) -> str:
        return incident.state

    @display(description="device")
    def what(self, incident: Incident) -> str | SafeString:
        row = incident.atm_id or incident.safe_id
        room = "incidents_atm" if incident.atm_id else "safes_safe"
        return link(_url(room, row), incident.device) if row else incident.device

    @display(description="site")
    def where(self, incident: Incident) -> str:
        return f"{incident.site.code} {incident.site.name}" if incident.site else EMPTY

    @display(description="fault")
    def fault(self, incident: Incident) -> str:
        return fault_of(incident) or EMPTY

    @display(description="raised", ordering="created_at")
    def age(self, incident: Incident) -> str:
        return ago(incident.created_at, timezone.now())

    @display(description="clock")
    def clock(self, incident: Incident) -> str | SafeString:
        found = clocks_of(facts_of(incident), timezone.now())
        if not found:
            return EMPTY
        first = found[0]
        return format_html("<strong>! {}</strong>", first.words) if first.is_late else first.words

    @display(description="raised")
    def raised(self, incident: Incident) -> str:
        return instant(incident.created_at)

    @display(description="promised")
    def promised(self, incident: Incident) -> str:
        said = [f"{name} {instant(at)}" for name, at in (("ETA", incident.eta), ("SLA", incident.sla)) if at]
        return ", ".join(said) or EMPTY

    @display(description="account")
    def account_link(self, incident: Incident) -> SafeString:
        words = f"{incident.account.name}, {incident.account.get_dialect_display()}"
        return link(change_url(incident.account), words)

    @display(description="fault began")
    def fault_began(self, incident: Incident) -> str:
        return moment(incident.fault_at, _zone(incident))

    @display(description="amounts")
    def amounts_in_words(self, incident: Incident) -> SafeString:
        rows = sorted(incident.amounts.items(), key=lambda pair: int(pair[0]))
        lines = ((f"{int(unit):,}", f"{int(amount):,} {incident.currency}") for unit, amount in rows)
        return table(("denomination", "amount"), lines)

    @display(description="contact")
    def contact(self, incident: Incident) -> str:
        said = (incident.contact_name, incident.contact_number, incident.contact_email)
        return ", ".join(part for part in said if part) or EMPTY

    @display(description="ETA")
    def eta_in_words(self, incident: Incident) -> str:
        return moment(incident.eta, _zone(incident))

    @display(description="SLA")
    def sla_in_words(self, incident: Incident) -> str:
        return moment(incident.sla, _zone(incident))

    @display(description="raised")
    def raised_how(self, incident: Incident) -> str:
        by = incident.raised_by or incident.raised_by_machine
        return f"{instant(incident.created_at)}{f', by {by}' if by else ''}"

    @display(description="raised from")
    def came_from(self, incident: Incident) -> SafeString:
        return link(change_url(incident.finding), f"finding: {incident.finding.summary}") if incident.finding else EMPTY

    @display(description="first got through")
    def went_out(self, incident: Incident) -> str:
        return moment(incident.sent_at, _zone(incident))

    @display(description="ended")
    def closed_in_words(self, incident: Incident) -> str:
        return moment(incident.closed_at, _zone(incident))

    @display(description="said")
    def response(self, incident: Incident) -> str:
        said = (incident.loomis_status, incident.response_code, incident.response_text)
        return ": ".join(part for part in said if part) or EMPTY


def named(text: str) -> Q:
    """Incidents that go by this: what a reference or a device begins with, or the whole of a number of Loomis's."""
    return Q(reference__startswith=text) | Q(device__startswith=text.upper()) | Q(loomis_number__iexact=text)


def _zone(incident: Incident) -> str | None:
    return incident.site.time_zone if incident.site else None


def _url(room: str, pk: object) -> str:
    return reverse(f"admin:{room}_change", args=[pk])
