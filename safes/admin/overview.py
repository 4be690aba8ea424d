"""Findings on Today: whose they are, and all that are open by kind and by age with their cash."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.db.models import Count, Min, Q, QuerySet, Sum
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from safes.admin.bases import ago, money
from safes.admin.filters import AGES, ages
from safes.dashboard import Ask, Desk, Panel, hang, open_desk
from safes.models import Finding

Cash = dict[str, Decimal]
"""Sums by currency; an empty one where findings do not know theirs."""


def findings_url(**filters: str | int) -> str:
    return f"{reverse('admin:safes_finding_changelist')}?{urlencode(filters)}"


def in_words(cash: Cash, unknown: str = " of unknown currency") -> str:
    """The sums that are not zero; last the one whose currency nobody knows, which says so where there is room."""
    known = [money(total, currency) for currency, total in sorted(cash.items()) if total and currency]
    return ", ".join([*known, *([money(cash[""], None) + unknown] if cash.get("") else [])])


def _findings(request: HttpRequest) -> dict[str, Any]:
    """Open findings by kind and by age, with the cash that hangs on them. One query."""
    rows = ages(Finding.objects.filter(state=Finding.State.OPEN), timezone.now())
    found = list(
        rows.order_by().values("kind", "currency", "age").annotate(count=Count("pk"), cash=Sum("cash_at_stake"))
    )
    kinds = [
        (kind.replace("_", " "), count, in_words(cash), findings_url(kind=kind))
        for kind, count, cash in _by(found, "kind")
    ]
    by_age = {age: (count, cash) for age, count, cash in _by(found, "age")}
    shown_ages = [
        (words, *_count_and_cash(by_age.get(age)), findings_url(age=age), age == AGES[-1][0] and age in by_age)
        for age, words in AGES
    ]
    return {"kinds": sorted(kinds, key=lambda line: -line[1]), "ages": shown_ages, "all": findings_url()}


def _count_and_cash(found: tuple[int, Cash] | None) -> tuple[int, str]:
    return (found[0], in_words(found[1])) if found else (0, "")


def _by(rows: Iterable[dict[str, Any]], name: str) -> list[tuple[str, int, Cash]]:
    counts: dict[str, int] = defaultdict(int)
    cash: dict[str, Cash] = defaultdict(lambda: defaultdict(Decimal))
    for row in rows:
        counts[row[name]] += row["count"]
        cash[row[name]][row["currency"]] += row["cash"] or 0
    return [(value, count, cash[value]) for value, count in counts.items()]


def open_findings(kind: str) -> QuerySet[Finding]:
    return Finding.objects.filter(kind=kind, state=Finding.State.OPEN)


def _of_mine_and_of_nobody(request: HttpRequest) -> list[Ask]:
    """Open findings of whoever asks, and those that nobody looks after: how old, and the cash on them. One query."""
    now = timezone.now()
    whose = {"me": Q(owner=request.user.pk), "nobody": Q(owner=None)}
    sums = {
        f"{name}_{what}": function(column, filter=of)
        for name, of in whose.items()
        for what, function, column in (
            ("count", Count, "pk"),
            ("cash", Sum, "cash_at_stake"),
            ("oldest", Min, "opened_at"),
        )
    }
    rows = Finding.objects.filter(state=Finding.State.OPEN).order_by().values("currency")
    found = [dict[str, Any](line) for line in rows.annotate(**sums)]
    words = {
        "me": ("finding of yours", "findings of yours"),
        "nobody": ("finding that nobody looks after", "findings that nobody looks after"),
    }
    asks = []
    for name, text in words.items():
        cash = in_words({line["currency"]: line[f"{name}_cash"] or Decimal(0) for line in found})
        oldest = min((line[f"{name}_oldest"] for line in found if line[f"{name}_oldest"]), default=None)
        more = [cash, f"the oldest opened {ago(oldest, now)}" if oldest else ""]
        count = sum(line[f"{name}_count"] for line in found)
        asks.append(Ask(count, *text, findings_url(owner=name), ", ".join(part for part in more if part)))
    return asks


hang(Panel("Open findings", 20, "safes.view_finding", "staff/panels/findings.html", _findings, wide=True))
open_desk(Desk("Findings", 20, "safes.change_finding", _of_mine_and_of_nobody, ("safes.change_finding",)))
