"""The page that answers the search box, and what the estate, its findings and its people have to be found."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.text import Truncator

from safes.admin.bases import change_url, day, money
from safes.admin.finding_filters import WORST
from safes.models import Finding, Register, Safe, Site
from safes.search import SHOWN, Finder, Found, Hit, Question, hang, read, search

# One letter is in everything.
LEAST = 2
# Of more open findings nobody reads the words; their places, dates and cash are looked at all the same.
_READ = 10_000


def find(request: HttpRequest) -> HttpResponse:
    """What was found by ``q``, by kind; any staff may ask, and sees what their rooms would show them."""
    typed = request.GET.get("q", "")
    refused, groups = "", []
    try:
        groups = search(read(typed), request.user)
    except ValueError as error:
        refused = str(error)
    context = {
        **admin.site.each_context(request),
        "title": "Search",
        "typed": typed.replace("\x00", "")[: 2 * SHOWN] if refused else typed.replace("\x00", ""),
        "refused": refused,
        "found": [group for group in groups if group.hits],
        "groups": groups,
        "count": sum(len(group.hits) for group in groups),
    }
    return TemplateResponse(request, "staff/find.html", context)


def _urls() -> list[URLPattern]:
    return [path("find/", admin.site.admin_view(find), name="find")]


admin.site.extra_urls = _urls  # type: ignore[attr-defined]


def listed(room: str, **filters: object) -> str:
    """The list of a room, filtered: listed("safes_safe", q="SR1")."""
    return f"{reverse(f'admin:{room}_changelist')}?{urlencode(filters)}"


def _safes(question: Question) -> Found | None:
    rows = Safe.objects.filter(Q(serial_number__contains=question.text.upper())).order_by("serial_number")
    hits = [
        Hit(change_url(safe), safe.serial_number, f"{safe.model} {safe.status}".strip()) for safe in rows[: SHOWN + 1]
    ]
    return Found(hits, listed("safes_safe", q=question.text))


def _sites(question: Question) -> Found | None:
    matches = Q(code__iexact=question.text)
    if len(question.text) >= LEAST:
        matches |= Q(code__istartswith=question.text) | Q(name__icontains=question.text)
    hits = [
        Hit(change_url(site), site.code, site.name)
        for site in Site.objects.filter(matches).order_by("code")[: SHOWN + 1]
    ]
    return Found(hits, listed("safes_site", q=question.text))


def _registers(question: Question) -> Found | None:
    if question.is_no_name:
        return None
    rows = Register.objects.filter(code__iexact=question.text).select_related("site").order_by("site__code", "code")
    hits = [Hit(change_url(one), one.code, f"at {one.site.code} {one.site.name}") for one in rows[: SHOWN + 1]]
    return Found(hits, listed("safes_register", q=question.text))


def _findings(question: Question) -> Found | None:
    """First by what they are about, one thing or another; then by words, for which only the latest are read."""
    if len(question.text) < LEAST:
        return None
    about = Q(safe__serial_number=question.text.upper()) | Q(site__code__iexact=question.text)
    if question.amount:
        about |= Q(cash_at_stake__in=(question.amount, -question.amount), **_in(question))
    if question.date:
        about |= Q(business_date=question.date)
    still = Finding.objects.filter(state=Finding.State.OPEN)
    rows = still.select_related("safe", "site").order_by(*WORST)
    found = list(rows.filter(about)[: SHOWN + 1])
    if len(found) <= SHOWN and not question.is_no_name:
        latest = still.order_by("-opened_at").values("pk")[:_READ]
        words = Q(summary__icontains=question.text) | Q(subject__icontains=question.text)
        found += rows.filter(words, pk__in=latest).exclude(pk__in=[one.pk for one in found])[: SHOWN + 1 - len(found)]

    def hit(one: Finding) -> Hit:
        where = one.safe or (one.site.code if one.site else "")
        name = f"{one.kind.replace('_', ' ')}{f' at {where}' if where else ''}"
        cash = money(one.cash_at_stake, one.currency) if one.cash_at_stake else ""
        known = (day(one.business_date) if one.business_date else "", cash, one.summary)
        return Hit(change_url(one), name, Truncator(", ".join(part for part in known if part)).chars(160))

    # The list finds words alone, and dates and amounts by none of its filters.
    is_of_words = question.amount is None and question.date is None
    return Found([hit(one) for one in found], listed("safes_finding", q=question.text) if is_of_words else "")


def _in(question: Question) -> dict[str, str]:
    return {"currency": question.currency} if question.currency else {}


def _staff(question: Question) -> Found | None:
    if len(question.text) < LEAST or question.is_no_name:
        return None
    named = Q(username__icontains=question.text) | Q(last_name__icontains=question.text)
    rows = User.objects.filter(named, is_staff=True).order_by("username")
    hits = [Hit(change_url(one), one.username, one.get_full_name()) for one in rows[: SHOWN + 1]]
    return Found(hits, listed("auth_user", q=question.text))


hang(Finder("Safes", 10, "safes.view_safe", "all safes, by serial number", _safes))
hang(Finder("Sites", 20, "safes.view_site", "all sites, by code and name", _sites))
hang(Finder("Registers", 30, "safes.view_register", "all registers, by code", _registers))
hang(
    Finder(
        "Open findings",
        65,
        "safes.view_finding",
        f"all open findings, by safe, site, cash at stake and business date; the latest {_READ:,} also by their words",
        _findings,
    )
)
hang(Finder("Staff", 190, "auth.view_user", "all staff, by user name and last name", _staff))
