"""What this app has to be found from the search box: days, pickups, takings, change orders, tills, people, rows.

Each looks through little, whatever the history: a small drawn table by an index, the last 31 days of one, or the
latest rows of the transactions, which have no index on what people remember of them (an index would cost every push).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from decimal import Decimal
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Count, Max, Q, QuerySet, Sum
from django.db.models.functions import Abs
from django.utils import timezone

from safes.admin.bases import change_url, day, money
from safes.admin.filters import DAYS_SHOWN
from safes.admin.search import LEAST, listed
from safes.models import Register, Site
from safes.search import SHOWN, Finder, Found, Hit, Question, hang
from transactions.models import (
    Banked,
    ChangeOrder,
    OtherCash,
    Pickup,
    SafeDay,
    SiteDay,
    Taking,
    TillDay,
    Transaction,
)

# How many of the latest transactions are looked through for an amount or a reference: some 30 ms.
LATEST = 100_000
_RECENT = f"of the last {DAYS_SHOWN} days"


def _since() -> dt.date:
    return timezone.now().date() - dt.timedelta(days=DAYS_SHOWN)


def _first(rows: QuerySet[Any], hit: Callable[[Any], Hit]) -> list[Hit]:
    return [hit(row) for row in rows[: SHOWN + 1]]


def _amounts(question: Question, names: Iterable[str], **within: object) -> Q | None:
    """Rows in which one of these figures is the amount, over or short, in the currency if one was named."""
    if question.amount is None:
        return None
    same: Q = Q()
    for name in names:
        same |= Q(**{f"{name}__in": (question.amount, -question.amount)})
    return same & Q(**within, **({"currency": question.currency} if question.currency else {}))


def _any(*matches: Q | None) -> Q | None:
    """One or the other; None when there is nothing to ask for."""
    asked = [one for one in matches if one is not None]
    return reduce(or_, asked) if asked else None


def _is_known(amount: Decimal | None) -> bool:
    return amount is not None


def _minute(moment: dt.datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}"


def _only(date: dt.date) -> dict[str, str]:
    return {"business_date_from": date.isoformat(), "business_date_to": date.isoformat()}


def _site_days(question: Question) -> Found | None:
    rows = SiteDay.objects.select_related("site")

    def hit(row: SiteDay) -> Hit:
        left = f"{money(row.unexplained, row.currency)} unexplained" if _is_known(row.unexplained) else "no takings yet"
        return Hit(change_url(row), f"{row.site.code} on {day(row.business_date)}", f"{row.site.name}, {left}")

    if question.date:
        of_date = rows.filter(business_date=question.date)
        worst = of_date.order_by(Abs("unexplained").desc(nulls_first=True), "site__code")
        return Found(_first(worst, hit), listed("transactions_siteday", **_only(question.date)))
    site = Site.objects.filter(code__iexact=question.text).values("pk")[:1]
    latest = _first(rows.filter(site=site).order_by("-business_date", "currency"), hit)
    if latest:
        return Found(latest, listed("transactions_siteday", q=question.text))
    figures = ("safe_total", "takings", "variance", "unexplained")
    same = _amounts(question, figures, business_date__gte=_since())
    return None if same is None else Found(_first(rows.filter(same).order_by("-business_date", "site__code"), hit))


def _safe_days(question: Question) -> Found | None:
    rows = SafeDay.objects.select_related("safe")

    def hit(row: SafeDay) -> Hit:
        words = f"closing {money(row.closing, row.currency)}"
        return Hit(change_url(row), f"{row.safe} on {day(row.business_date)}", words)

    if question.date:
        of_date = rows.filter(business_date=question.date).order_by("safe__serial_number", "currency")
        return Found(_first(of_date, hit), listed("transactions_safeday", **_only(question.date)))
    of_safe = rows.filter(safe__serial_number=question.text.upper()).order_by("-business_date", "currency")
    return Found(_first(of_safe, hit), listed("transactions_safeday", serial_number=question.text.upper()))


def _pickups(question: Question) -> Found | None:
    asked = _any(
        Q(pickup_group_id=question.number) if question.number else None,
        Q(business_date=question.date) if question.date else None,
        _amounts(question, ("content", "reported_amount", "variance"), business_date__gte=_since()),
    )
    if asked is None:
        return None

    def hit(row: Pickup) -> Hit:
        held = f"{money(row.content, row.currency)} dropped"
        serviced = _minute(row.serviced_local_time) if row.serviced_local_time else "not serviced yet"
        return Hit(change_url(row), f"{row} of {row.safe}", f"{serviced}, {held}, {row.get_status_display()}")

    rows = Pickup.objects.filter(asked).select_related("safe").order_by("-last_on", "-pk")
    if question.date:
        day_of_it = {"last_on_from": question.text, "last_on_to": question.text}
        return Found(_first(rows, hit), listed("transactions_pickup", **day_of_it))
    all_url = listed("transactions_pickup", q=question.text, last_on_from="1990-01-01") if question.number else ""
    return Found(_first(rows, hit), all_url)


def _takings(question: Question) -> Found | None:
    if question.date:
        return None
    rows = Taking.objects.select_related("register__site").order_by("-business_date", "-pk")

    def hit(row: Taking) -> Hit:
        till = f"register {row.register.code} at {row.register.site.code}, {day(row.business_date)}"
        words = ", ".join(part for part in (till, row.cashier, "withdrawn" if row.withdrawn_at else "") if part)
        return Hit(change_url(row), row.reference or f"{money(row.amount, row.currency)}", words)

    spellings = {question.text, question.text.upper(), question.text.lower()}
    referred = _first(rows.filter(reference__in=spellings), hit)
    same = _amounts(question, ("amount",), business_date__gte=_since(), withdrawn_at=None)
    if referred or same is None:
        return Found(referred)
    return Found(_first(rows.filter(same), hit))


def _other_cash(question: Question) -> Found | None:
    same = _amounts(question, ("amount",), business_date__gte=_since())
    if same is None:
        return None

    def hit(row: OtherCash) -> Hit:
        words = f"{row.get_kind_display()} at {row.site.code}, {day(row.business_date)}"
        return Hit(change_url(row), money(row.amount, row.currency), words)

    return Found(_first(OtherCash.objects.filter(same).select_related("site").order_by("-business_date", "-pk"), hit))


def _change_orders(question: Question) -> Found | None:
    if question.date:
        return None
    asked = _any(Q(reference__iexact=question.text), _amounts(question, ("amount",), business_date__gte=_since()))

    def hit(row: ChangeOrder) -> Hit:
        words = f"{money(row.amount, row.currency)} at {row.safe}, {day(row.business_date)}, {row.get_state_display()}"
        return Hit(change_url(row), row.reference, words)

    rows = ChangeOrder.objects.filter(asked).select_related("safe").order_by("-business_date", "-pk")
    return Found(_first(rows, hit))


def _tills(question: Question) -> Found | None:
    if question.is_no_name:
        return None
    # The registers first, which are few: the days of all tills are very many.
    named = Register.objects.filter(code__iexact=question.text).order_by("site__code", "code")
    of_these = _any(*(Q(site=site, register=code) for site, code in named.values_list("site", "code")[: SHOWN + 1]))
    if of_these is None:
        return Found()
    rows = (
        TillDay.objects.filter(of_these, business_date__gte=_since())
        .values("site__code", "site__name", "register", "currency")
        .annotate(days=Count("business_date", distinct=True), off=Sum("variance"))
        .order_by("site__code", "register", "currency")
    )

    def hit(row: dict[str, Any]) -> Hit:
        url = listed("transactions_tillday", site=row["site__code"], register=row["register"])
        over = "" if row["off"] is None else f", {money(row['off'], row['currency'])} over/short"
        days = f"{row['days']} day{'' if row['days'] == 1 else 's'}{over}"
        return Hit(url, f"Register {row['register']} at {row['site__code']}", f"{row['site__name']}, {days}")

    return Found(_first(rows, hit))


def _people(question: Question) -> Found | None:
    if len(question.text) < LEAST or question.number is not None or question.is_no_name:
        return None
    # By site, as the index is; what stands nowhere yet has no site.
    sites = list(Site.objects.values_list("pk", flat=True))
    rows = (
        Banked.objects.filter(Q(site__in=sites) | Q(site=None), business_date__gte=_since())
        .filter(user_name__icontains=question.text)
        .values("user_name")
        .annotate(drops=Sum("count"), last=Max("business_date"))
        .order_by("user_name")
    )

    def hit(row: dict[str, Any]) -> Hit:
        url = listed("transactions_transaction", user_name=row["user_name"])
        return Hit(url, row["user_name"], f"{row['drops']:,} transactions, the last on {day(row['last'])}")

    return Found(_first(rows, hit))


def _transactions(question: Question) -> Found | None:
    if question.date:
        return None
    same = _amounts(question, ("amount",))
    named = Q(deposit_reference_number=question.text) | Q(change_purchase_number=question.text)
    top = Transaction.objects.order_by("-pk").values_list("pk", flat=True).first()
    if top is None:
        return Found()
    asked = named if same is None else named | same
    # Newest first is the order of the ids: the walk down the window's end of their index ends where enough are found.
    rows = Transaction.objects.filter(asked, pk__gt=top - LATEST).select_related("safe").order_by("-pk")

    def hit(row: Transaction) -> Hit:
        named = " ".join(part for part in (row.deposit_reference_number, row.change_purchase_number) if part)
        words = f"{row.safe}, {_minute(row.local_time)}{', ' if named else ''}{named}"
        return Hit(change_url(row), f"{row.type} {money(row.amount, row.currency)}", words)

    all_url = listed("transactions_transaction", q=question.text) if same is None else ""
    return Found(_first(rows, hit), all_url)


_FINDERS = (
    ("Site days", 50, "siteday", f"site days by date and by site, and {_RECENT} by amount", _site_days),
    ("Safe days", 60, "safeday", "safe days by date and by serial number", _safe_days),
    ("Pickups", 70, "pickup", f"pickups by group and by date, and {_RECENT} by amount", _pickups),
    ("Takings", 80, "taking", f"takings by reference, and {_RECENT} by amount", _takings),
    ("Change orders", 90, "changeorder", f"change orders by number, and {_RECENT} by amount", _change_orders),
    ("Deposits and petty cash", 100, "othercash", f"deposits and petty cash {_RECENT}, by amount", _other_cash),
    ("Tills", 110, "tillday", f"days of tills {_RECENT}, by register", _tills),
    ("Users of safes", 120, "transaction", f"users of safes {_RECENT}, by name", _people),
    (
        "Transactions",
        130,
        "transaction",
        f"the latest {LATEST:,} transactions, by amount, deposit reference and change purchase number",
        _transactions,
    ),
)
for _title, _rank, _room, _looked, _find in _FINDERS:
    hang(Finder(_title, _rank, f"transactions.view_{_room}", _looked, _find))
