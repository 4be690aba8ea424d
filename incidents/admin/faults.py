"""What is wrong with a device, in a line: its code with what the code means, or what somebody wrote of it."""

from __future__ import annotations

from django.db.models import OuterRef, QuerySet, Subquery

from incidents.models import FaultCode, Incident


def with_faults(rows: QuerySet[Incident]) -> QuerySet[Incident]:
    """The same, with what their codes mean at hand."""
    codes = FaultCode.objects.filter(account=OuterRef("account"), code=OuterRef("fault_code"))
    described: QuerySet[Incident] = rows.annotate(fault_means=Subquery(codes.values("description")[:1]))
    return described


def fault_of(incident: Incident) -> str:
    """Empty where nothing is said of it."""
    means = getattr(incident, "fault_means", None) or ""
    # Who chose a code often writes the same once more.
    subject = "" if incident.subject.casefold() == means.casefold() else incident.subject
    return ", ".join(part for part in (f"{incident.fault_code} {means}".strip(), subject) if part)
