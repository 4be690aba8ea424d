"""What operators watch of the ground floor: the findings that nobody has closed."""

from __future__ import annotations

from django.db.models import Count

from safes.counters import Gauge
from safes.models import Finding


def gauges() -> list[Gauge]:
    """Open findings alone, which have an index of their own: what was closed long ago is not read."""
    rows = Finding.objects.filter(state=Finding.State.OPEN).order_by().values_list("kind", "severity")
    samples = [((kind, severity), float(number)) for kind, severity, number in rows.annotate(number=Count("pk"))]
    return [Gauge("strongroom_findings_open", "Findings that need a person.", ("kind", "severity"), samples)]
