"""The budget of DESIGN.md for staff screens: every one of them, on a chain's years, by its queries and its time.

Which screens there are is asked of the staff site itself, so that one that is made tomorrow is measured tomorrow: each
list as it opens, with its totals, searched, of one safe and of one site, of a month long past; each page of a room;
each page of a new and of an old row. What answers with anything but a page (a download, somewhere else) is left out.
"""

from __future__ import annotations

import datetime as dt
import textwrap
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from statistics import median
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection, models, reset_queries
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, reverse

from safes.admin.filters import RecentFilter
from safes.models import Safe, Site
from transactions.models import Transaction

QUERIES, MILLISECONDS = 25, 300
_ROUNDS = 5
# A month that no list shows of itself, and whose rows lie far behind the newest.
_PAST = (dt.timedelta(days=220), dt.timedelta(days=190))
# Pages that no room has, and what they are asked.
_ELSEWHERE = ("index", "search", "find")


@dataclass(frozen=True, slots=True)
class Screen:
    """What one screen costs the server: from the request to the last byte of the page, in process."""

    name: str
    queries: int
    median_ms: float
    worst_ms: float
    python_ms: float  # of the median: what this process computed itself, which other work on the machine adds little to

    @property
    def is_within(self) -> bool:
        return self.queries <= QUERIES and self.median_ms < MILLISECONDS


def fill(say: Callable[[str], None], rows: int) -> None:
    """An empty database becomes a chain's; within the process that measures."""
    say(f"filling a database with {rows:,} transactions")
    call_command("fill_database", "--transactions", rows)


def measure_screens(say: Callable[[str], None]) -> list[Screen]:
    """Every screen, by somebody who may see all of them. The database is filled already."""
    person, _ = User.objects.get_or_create(username="bench", defaults={"is_staff": True, "is_superuser": True})
    client = Client(SERVER_NAME="localhost")
    client.force_login(person)
    found = []
    for name, address in screens():
        screen = _measure(client, name, address)
        if screen is not None:
            say(f"{screen.median_ms:6.0f} ms, {screen.queries:3} queries: {name} {address}")
            found.append(screen)
    return found


def screens() -> Iterator[tuple[str, str]]:
    """What each is called, and its address."""
    for name in _ELSEWHERE:
        address = reverse(f"admin:{name}")
        yield name, address
        if name != "index":
            for what, asked in _asked():
                yield f"{name}: {what}", f"{address}?{urlencode({'q': asked})}"
    for model, room in sorted(admin.site._registry.items(), key=lambda pair: pair[0]._meta.label):
        label = str(model._meta.verbose_name_plural)
        yield from _lists(label, model, room)
        rows = list(_samples(model))
        for pattern in room.get_urls():
            yield from _pages(label, pattern, rows)


def _asked() -> Iterator[tuple[str, str]]:
    """What people look for: one of each that there is, and what there is not."""
    drop = Transaction.objects.filter(deposit_reference_number__isnull=False).order_by("-pk").first()
    if drop is not None:
        yield "a safe", drop.safe.serial_number
        yield "a user", drop.user_name or ""
        yield "a register", drop.register or ""
        yield "an amount", f"{drop.amount:.2f}"
        yield "a deposit reference", drop.deposit_reference_number or ""
        yield "a pickup group", str(drop.pickup_group_id)
    yield "a site", Site.objects.order_by("-pk")[:1].get().code
    yield "nothing there is", "zzzzzz"


def _lists(label: str, model: type[models.Model], room: Any) -> Iterator[tuple[str, str]]:
    address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    yield label, address
    if hasattr(room, "add_up"):
        yield f"{label}, totals", f"{address}?totals=yes"
    if room.search_fields:
        for what, asked in _asked():
            yield f"{label}, searched for {what}", f"{address}?{urlencode({'q': asked})}"
    for given in room.list_filter:
        kind = given[1] if isinstance(given, tuple) else given
        name = given[0] if isinstance(given, tuple) else getattr(given, "parameter_name", "")
        if isinstance(kind, type) and issubclass(kind, RecentFilter):
            today = dt.datetime.now(dt.UTC).date()
            month = {f"{name}_from": str(today - _PAST[0]), f"{name}_to": str(today - _PAST[1])}
            yield f"{label}, of a month long past", f"{address}?{urlencode(month)}"
        elif name == "serial_number":
            yield f"{label}, of a safe", f"{address}?{urlencode({name: Safe.objects.order_by('-pk')[:1].get()})}"
        elif name == "site":
            yield f"{label}, of a site", f"{address}?{urlencode({name: Site.objects.order_by('-pk')[:1].get().code})}"


def _samples(model: type[models.Model]) -> Iterator[tuple[str, Any]]:
    """The newest row, and one from the middle of them all."""
    newest = model._default_manager.order_by("-pk").values_list("pk", flat=True).first()
    if newest is not None:
        yield "the newest", newest
    if isinstance(newest, int):
        older = model._default_manager.filter(pk__gte=newest // 2).order_by("pk").values_list("pk", flat=True).first()
        yield "an old one", older


def _pages(label: str, pattern: URLPattern, rows: list[tuple[str, Any]]) -> Iterator[tuple[str, str]]:
    name = pattern.name
    if not name or name.endswith("_changelist"):
        return
    what = name.split("_", 2)[-1].replace("_", " ")
    if not pattern.pattern.converters:
        yield f"{label}: {what}", reverse(f"admin:{name}")
    elif list(pattern.pattern.converters) in (["object_id"], ["pk"], ["id"]):
        for which, pk in rows:
            yield f"{label}: {what}, {which}", reverse(f"admin:{name}", args=[pk])


def _measure(client: Client, name: str, address: str) -> Screen | None:
    queries = queries_of(client, address)
    if queries is None:
        return None
    times = [_timed(client, address) for _ in range(_ROUNDS)]
    waited, computed = zip(*times, strict=True)
    return Screen(name, queries, median(waited), max(waited), median(computed))


def queries_of(client: Client, address: str) -> int | None:
    """How many queries a page costs; None for what is no page."""
    reset_queries()  # the log of them has an end, at which nothing would be counted any more
    with CaptureQueriesContext(connection) as found:
        answer = client.get(address)
    is_page = answer.status_code == 200 and answer.headers["Content-Type"].startswith("text/html")
    return len(found) if is_page else None  # now: each request that follows empties the log


def _timed(client: Client, address: str) -> tuple[float, float]:
    """Milliseconds by the clock, and of this process's own computing."""
    begun, computed = time.perf_counter(), time.process_time()
    client.get(address)
    return (time.perf_counter() - begun) * 1000, (time.process_time() - computed) * 1000


def section(screens: list[Screen], rows: int) -> str:
    """What the page of the benchmarks says of them."""
    slow = sorted(screens, key=lambda screen: -screen.median_ms)
    many = max(screens, key=lambda screen: screen.queries)
    shown = [*slow[:15], *(screen for screen in slow[15:] if not screen.is_within)]
    over = sum(not screen.is_within for screen in screens)
    return "\n".join(
        [
            "## Screens",
            "",
            textwrap.fill(
                f"Every screen of the staff site ({len(screens)}), on {rows:,} transactions of "
                f"{Safe.objects.count():,} safes at {Site.objects.count():,} sites, made by `manage.py fill_database`. "
                "In process, from the request to the last byte of the page, after one for warmth: the median and the "
                f"worst of {_ROUNDS}. The budget is {QUERIES} queries, and {MILLISECONDS} ms for the median; over it: "
                f"{over or 'none'}. The most queries are {many.queries} ({many.name}). These take longest:",
                120,
                break_long_words=False,
                break_on_hyphens=False,
            ),
            "",
            "| screen | queries | median | worst | Python alone | budget |",
            "|---|---|---|---|---|---|",
            *(
                f"| {screen.name} | {screen.queries} | {screen.median_ms:.0f} ms | {screen.worst_ms:.0f} ms "
                f"| {screen.python_ms:.0f} ms | {'within' if screen.is_within else '**over**'} |"
                for screen in shown
            ),
            "",
        ]
    )
