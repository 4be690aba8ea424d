"""The takings desk: all registers of a site's day on one page, for somebody who types from a stack of Z reports."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.http import urlencode

from safes.admin.bases import StaffAdmin, change_url, money
from safes.localtime import zone
from safes.models import Site
from transactions.admin.site_days import days_url, over_short
from transactions.models import SiteDay, Taking
from transactions.reconciliation.signing.freezing import is_frozen
from transactions.reconciliation.sites.soon import draw_sites_soon
from transactions.reconciliation.takings.book import Teller
from transactions.reconciliation.takings.desk import (
    Line,
    Row,
    Sheet,
    SheetRefused,
    keep_sheet,
    next_without_takings,
    sheet_of,
)
from transactions.reconciliation.takings.holding import latest_date
from transactions.reconciliation.takings.reading import EARLIEST, Errors

# Lines to name registers in that nobody has heard of yet.
_FREE = 3
_MOST = 500
_FIELDS = ("register", "cashier", "amount", "reference", "taking", "seen")


@dataclass(frozen=True, slots=True)
class Shown:
    """A line of the page: what is typed or stands in it, and what is wrong, in its place."""

    number: int
    register: str
    cashier: str
    is_free: bool
    amount: str = ""
    reference: str = ""
    taking: str = ""
    seen: str = ""
    safe: str = ""
    comes_out: str = ""
    url: str = ""
    errors: Errors = field(default_factory=dict)

    @property
    def till(self) -> str:
        """What a screen reader says of the line's fields."""
        if self.is_free and not self.register:
            return f"free line {self.number + 1}"
        return f"register {self.register}" + (f", {self.cashier}" if self.cashier else "")

    @property
    def other_errors(self) -> list[str]:
        """Sentences about what has no field of its own on this page."""
        return [text for name, texts in self.errors.items() if name not in ("amount", "reference") for text in texts]


class TakingsDeskAdmin(StaffAdmin):
    """The page beside the list of takings. Adding and changing both are needed: the sheet does either."""

    def get_urls(self) -> list[URLPattern]:
        desk = path("desk/", self.admin_site.admin_view(self.desk), name="transactions_taking_desk")
        return [desk, *super().get_urls()]

    def desk(self, request: HttpRequest) -> HttpResponse:
        if not (self.has_add_permission(request) and self.has_change_permission(request)):
            raise PermissionDenied
        site, date, wrong = _asked(request.GET)
        if site is None or date is None:
            return self._page(request, {"asked": request.GET, "wrong": wrong})
        if request.method == "POST":
            return self._keep(request, site, date)
        sheet = sheet_of(site, date)
        return self._page(request, _of(sheet, _shown(sheet.rows)))

    def _keep(self, request: HttpRequest, site: Site, date: dt.date) -> HttpResponse:
        lines = _typed(request.POST)
        by = request.user.pk if isinstance(request.user, User) else None
        try:
            kept = keep_sheet(site, date, lines, Teller(Taking.Source.TYPED, user_id=by))
        except SheetRefused as refused:
            sheet = sheet_of(site, date)
            wrong = _many(len(refused.errors), "line is wrong", "lines are wrong")
            said = is_frozen(site.code, date) if sheet.is_signed else f"Nothing was kept: {wrong}."
            return self._page(request, {**_of(sheet, _again(sheet, lines, refused.errors)), "wrong": said})
        draw_sites_soon()
        messages.success(request, f"{_many(kept, 'taking', 'takings')} kept." if kept else "Nothing was changed.")
        return HttpResponseRedirect(desk_url(site.code, date))

    def _page(self, request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
        shown = {
            **self.admin_site.each_context(request),
            "title": "Takings desk",
            "opts": self.model._meta,
            "sites": Site.objects.order_by("code").values_list("code", "name"),
            "yesterday": (timezone.now().date() - dt.timedelta(days=1)).isoformat(),
            "waiting_url": f"{reverse('admin:transactions_siteday_changelist')}?asks=takings",
            **context,
        }
        return TemplateResponse(request, "staff/takings_desk.html", shown)


def desk_url(site: str, date: dt.date) -> str:
    return f"{reverse('admin:transactions_taking_desk')}?{urlencode({'site': site, 'date': date.isoformat()})}"


def _asked(asked: QueryDict) -> tuple[Site | None, dt.date | None, str]:
    """The site and the date that the address names; else what is wrong with them, in a sentence."""
    code, text = asked.get("site", "").strip(), asked.get("date", "").strip()
    if not code and not text:
        return None, None, ""
    site = None if "\x00" in code else Site.objects.filter(code__iexact=code[:40]).first()
    if site is None:
        return None, None, f"There is no site {code[:40]}: choose one of the list." if code else "Choose a site."
    try:
        date = dt.date.fromisoformat(text)
    except ValueError:
        return site, None, "Give the business date, as 2026-11-21."
    latest = latest_date(site, timezone.now())
    if not EARLIEST <= date <= latest:
        return site, None, f"The date lies between {EARLIEST} and {latest}."
    return site, date, ""


def _typed(post: QueryDict) -> list[Line]:
    """The lines of the form, in their order; what is no number names no taking."""
    lines = []
    for number in range(min(int(post.get("lines", "0")) if post.get("lines", "").isdecimal() else 0, _MOST)):
        said = {name: post.get(f"{name}-{number}", "") for name in _FIELDS}
        taking = said["taking"] if said["taking"].isdecimal() and len(said["taking"]) < 19 else ""
        lines.append(
            Line(
                said["register"], said["cashier"], said["amount"], said["reference"],
                int(taking) if taking else None, said["seen"],
            )
        )  # fmt: skip
    return lines


def _of(sheet: Sheet, lines: list[Shown]) -> dict[str, Any]:
    """What the page shows of a sheet."""
    site, date = sheet.site, sheet.date
    following = next_without_takings(site, date)
    today = timezone.now().astimezone(zone(site.time_zone)).date()
    return {
        "sheet": sheet,
        "lines": lines,
        "days": [_day(row) for row in sheet.days],
        "nameless": money(sheet.nameless, site.currency) if sheet.nameless else "",
        "signed": is_frozen(site.code, date) if sheet.is_signed else "",
        "before": desk_url(site.code, date - dt.timedelta(days=1)),
        "after": desk_url(site.code, date + dt.timedelta(days=1)) if date < today else "",
        "next_site": following and (following, desk_url(following.code, date)),
        "list_url": days_url("taking", site=site.code, date=date),
        "asked": {"site": site.code, "date": date.isoformat()},
    }


def _day(row: SiteDay) -> dict[str, str]:
    return {
        "currency": row.currency or "currency not known",
        "safe": money(row.safe_total, row.currency),
        "takings": money(row.takings, row.currency),
        "comes_out": over_short(row.variance, row.currency),
        "url": change_url(row),
    }


def _shown(rows: list[Row]) -> list[Shown]:
    lines = []
    for number, row in enumerate(rows):
        stands = Shown(number, row.register, row.cashier, is_free=False, reference=row.reference, seen=row.seen)
        if row.amount is not None:
            stands = replace(stands, amount=_plain(row.amount), taking=str(row.taking_id))
        lines.append(_beside(stands, row))
    return lines + [Shown(len(lines) + number, "", "", is_free=True) for number in range(_FREE)]


def _again(sheet: Sheet, lines: list[Line], errors: dict[int, Errors]) -> list[Shown]:
    """What was typed, as it was typed, with what is wrong in its place."""
    known = {(row.register, row.cashier, row.taking_id): row for row in sheet.rows}
    shown = []
    for number, line in enumerate(lines):
        row = known.get((line.register, line.cashier, line.taking_id))
        typed = Shown(
            number,
            line.register,
            line.cashier,
            is_free=row is None,
            amount=line.amount,
            reference=line.reference,
            taking=str(line.taking_id or ""),
            seen=line.seen,
            errors=errors.get(number, {}),
        )
        shown.append(_beside(typed, row) if row else typed)
    return shown


def _beside(line: Shown, row: Row) -> Shown:
    """The line with what the safes have from that till, how it comes out, and the takings' own page."""
    return replace(
        line,
        safe="" if row.safe is None else money(row.safe, None),
        comes_out="" if row.variance is None else over_short(row.variance, ""),
        url=reverse("admin:transactions_taking_change", args=[row.taking_id]) if row.taking_id else "",
    )


def _plain(amount: Decimal) -> str:
    """As it is typed: with two decimals, more where they are not zero."""
    text = f"{amount:.4f}"
    return text[:-2] if text.endswith("00") else text


def _many(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"
