"""Incidents on the pages of others: of a safe, and of a finding that they were raised from."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.safestring import SafeString

from incidents.admin.clock_words import clocks_of
from incidents.admin.faults import fault_of, with_faults
from incidents.clocks import facts_of
from incidents.models import Incident, LoomisAccount
from safes.admin.bases import ago, change_url
from safes.admin.finding_leads import hang_below_findings
from safes.admin.safe_panels import SafePanel, hang_on_safe
from safes.models import Finding, Safe

_SHOWN = 6
_MAY_SEE, _MAY_RAISE = "incidents.view_incident", "incidents.add_incident"


def _lines(rows: QuerySet[Incident]) -> list[dict[str, Any]]:
    now = timezone.now()
    return [
        {
            "url": change_url(one),
            "reference": one.reference,
            "state": one.get_state_display(),
            "fault": fault_of(one),
            "raised": ago(one.created_at, now),
            "clocks": clocks_of(facts_of(one), now),
        }
        for one in with_faults(rows).select_related("account").order_by("-created_at")[:_SHOWN]
    ]


def _can_be_raised(safe: Safe | None) -> bool:
    active = LoomisAccount.objects.filter(active=True, dialect=LoomisAccount.Dialect.SAFEPOINT)
    return safe is not None and safe.status != Safe.Status.RETIRED and active.exists()


def _add_url(**said: str | int) -> str:
    return f"{reverse('admin:incidents_incident_add')}?{urlencode(said)}"


def _look(request: HttpRequest, safe: Safe) -> dict[str, Any]:
    may_raise = request.user.has_perm(_MAY_RAISE) and _can_be_raised(safe)
    return {
        "incidents": _lines(Incident.objects.filter(safe=safe)),
        "raise_url": _add_url(device=safe.serial_number) if may_raise else "",
        "all_url": f"{reverse('admin:incidents_incident_changelist')}?{urlencode({'q': safe.serial_number})}",
        "what": "this safe",
    }


def _below(request: HttpRequest, finding: Finding) -> SafeString:
    """The incidents that were raised from a finding, and the way to raise one; nothing where there is neither."""
    if not request.user.has_perm(_MAY_SEE):
        return SafeString("")
    incidents = _lines(Incident.objects.filter(finding=finding))
    is_open = finding.state == Finding.State.OPEN and not finding.kind.startswith("incident_")
    may_raise = is_open and request.user.has_perm(_MAY_RAISE) and _can_be_raised(finding.safe)
    if not incidents and not may_raise:
        return SafeString("")
    context = {"incidents": incidents, "raise_url": _add_url(finding=finding.pk) if may_raise else ""}
    return SafeString(render_to_string("staff/incidents/of_finding.html", context, request))


hang_on_safe(SafePanel("Incidents", 25, (_MAY_SEE,), "staff/incidents/of_safe.html", _look, "incidents", wide=True))
hang_below_findings("incidents", _below)
