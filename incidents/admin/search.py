"""Incidents in the box that searches everything: by reference, Loomis's number and device."""

from __future__ import annotations

from incidents.admin.incidents import named
from incidents.models import Atm, Incident
from safes.admin.bases import change_url
from safes.admin.search import listed
from safes.search import SHOWN, Finder, Found, Hit, Question, hang

# One sign would find half of all.
_LEAST = 3


def _incidents(question: Question) -> Found | None:
    if len(question.text) < _LEAST or question.is_no_name:
        return None
    rows = Incident.objects.filter(named(question.text)).select_related("site").order_by("-created_at")
    hits = [
        Hit(
            change_url(one),
            one.reference,
            ", ".join(
                part
                for part in (one.device, one.site.code if one.site else "", one.state, one.loomis_number, one.subject)
                if part
            ),
        )
        for one in rows[: SHOWN + 1]
    ]
    return Found(hits, listed("incidents_incident", q=question.text))


def _atms(question: Question) -> Found | None:
    if question.is_no_name:
        return None
    rows = Atm.objects.filter(number__startswith=question.text.upper()).select_related("site", "account")
    hits = [Hit(change_url(one), one.number, f"at {one.site}, {one.account}") for one in rows[: SHOWN + 1]]
    return Found(hits, listed("incidents_atm", q=question.text))


hang(
    Finder(
        "Incidents",
        62,
        "incidents.view_incident",
        "all incidents, by reference, Loomis's number and device",
        _incidents,
    )
)
hang(Finder("ATMs", 35, "incidents.view_atm", "all ATMs, by number", _atms))
