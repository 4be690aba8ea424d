"""The findings of a day on its worksheet: those that are open, and those that were settled."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Any

from django.db.models import Q, QuerySet

from safes.admin.bases import EMPTY, change_url
from safes.models import Finding
from transactions.admin.worksheets.sheet import Section, figure, line, section, words

_SHOWN = 100


def findings_section(
    date: dt.date, safes: Collection[int] | QuerySet[Any, Any], site_id: int | None, *, of_site: bool
) -> Section:
    """One query. ``of_site``: all of the site's, else those of the site alone that are about no other safe."""
    mine = Q(safe__in=safes)
    if site_id is not None:
        mine |= Q(site=site_id) if of_site else Q(site=site_id, safe=None)
    # "open" comes after "closed".
    rows = (
        Finding.objects.filter(mine, business_date=date).select_related("safe").order_by("-state", "-opened_at", "-pk")
    )
    found = list(rows[: _SHOWN + 1])
    lines = [
        line(
            words(one.kind.replace("_", " "), change_url(one)),
            words(_standing(one)),
            words(one.summary),
            words(EMPTY if one.safe is None else one.safe),
            figure(one.cash_at_stake, change_url(one)),
        )
        for one in found[:_SHOWN]
    ]
    note = "" if lines else "Nothing was found on this day."
    if len(found) > _SHOWN:
        note = f"There are more: these are {_SHOWN}, the open ones first."
    return section("Findings", ("Kind", "State", "What is wrong", "Safe", "Cash"), lines, note=note, anchor="findings")


def _standing(finding: Finding) -> str:
    if finding.state == Finding.State.OPEN:
        return f"open, {finding.severity}"
    return "closed by itself" if finding.closed_by == "system" else f"settled by {finding.closed_by}"
