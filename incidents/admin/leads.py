"""Where the findings that this app opens lead to, and what every finding says of incidents raised from it."""

from __future__ import annotations

from django.urls import reverse

from incidents.findings import KINDS
from incidents.models import Incident, IncidentMessage
from safes.admin.bases import change_url
from safes.admin.finding_leads import LEADS
from safes.models import Finding


def incident_of(finding: Finding) -> list[tuple[str, str]]:
    """To the incident that its facts name by reference, and to the message they name by its number."""
    leads = []
    reference, message = finding.detail.get("reference"), finding.detail.get("message")
    if isinstance(reference, str):
        incident = Incident.objects.filter(reference=reference).first()
        if incident is not None:
            leads.append((change_url(incident), f"incident {incident}"))
    if isinstance(message, int) and IncidentMessage.objects.filter(pk=message).exists():
        leads.append((reverse("admin:incidents_incidentmessage_change", args=[message]), f"message {message}"))
    elif not leads and finding.kind == "incident_orphan":
        leads.append((f"{reverse('admin:incidents_incidentmessage_changelist')}?of=none", "messages of no incident"))
    return leads


LEADS.update(dict.fromkeys(KINDS, incident_of))
