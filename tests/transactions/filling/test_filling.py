"""A database filled for measuring: consistent to the last figure, although most of it was copied."""

from __future__ import annotations

import datetime as dt
import io

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db.models import Count, F, Max, Sum, TextField
from django.db.models.functions import Cast, Right
from django.utils import timezone

from safes.models import Finding, FindingNote, Safe, Site
from tests.factories import SiteFactory
from transactions.drawing import draw_touched
from transactions.filling.copying import copied
from transactions.models import (
    AuditEvent,
    Banked,
    ChangeOrder,
    ChannelCompleteness,
    Delivery,
    DeliveryBody,
    Drops,
    Pickup,
    SafeDay,
    SiteDay,
    Taking,
    TillDay,
    TillSession,
    TouchedDay,
    TouchedSiteDay,
    Transaction,
)
from transactions.reconciliation.sites.marks import touch_sites
from transactions.recording.marks import touch

pytestmark = pytest.mark.django_db(transaction=True)

AREAS, SITES, SAFES = 3, 2, 3
DRAWN = (
    *(SafeDay, Drops, Banked, Pickup, ChannelCompleteness, SiteDay, TillDay, TillSession, ChangeOrder),
    *(Finding, FindingNote),
)
# Which rows they are, not what they say; and when they were last written.
_NO_FIGURES = {"id", "finding_id", "drawn_at"}


def fill(**options: int) -> str:
    out = io.StringIO()
    wanted = {"transactions": 3000, "areas": AREAS, "sites": SITES, "safes": SAFES} | options
    call_command("fill_database", *(f"--{name}={value}" for name, value in wanted.items()), stdout=out)
    return out.getvalue()


def figures(model) -> list[str]:
    return sorted(
        str({name: value for name, value in row.items() if name not in _NO_FIGURES}) for row in model.objects.values()
    )


def test_drawing_all_of_it_anew_changes_nothing():
    fill(transactions=30_000)
    # What was settled names people, who have other names in each area: settled facts are those of the area.
    of_people = Finding.objects.filter(kind="door_open", settled_facts__isnull=False)
    assert of_people.annotate(text=Cast("detail", TextField())).filter(text__contains=" A001").exists()
    before = {model: figures(model) for model in DRAWN}
    assert all(before[model] for model in DRAWN if model not in (ChangeOrder,))
    touch(set(Transaction.objects.values_list("safe_id", "business_date").distinct()))
    touch_sites(set(SiteDay.objects.values_list("site_id", "business_date").distinct()))
    while draw_touched():
        pass
    for model in DRAWN:
        assert figures(model) == before[model], model


def test_areas_are_alike_and_of_the_size_that_was_asked_for():
    said = fill()
    assert 2000 < Transaction.objects.count() < 4000
    assert (Site.objects.count(), Safe.objects.count()) == (AREAS * SITES, AREAS * SAFES)
    for model in (Transaction, AuditEvent, SafeDay, Pickup, Taking, Finding):
        assert model.objects.count() % AREAS == 0, model
    place = Right(F("safe__serial_number"), 3)
    of_each = (
        Transaction.objects.annotate(place=place).values("place", "safe").annotate(cash=Sum("amount"), n=Count("pk"))
    )
    by_place: dict[str, set[tuple[object, int]]] = {}
    for row in of_each.order_by():
        by_place.setdefault(row["place"], set()).add((row["cash"], row["n"]))
    assert len(by_place) == SAFES
    assert all(len(different) == 1 for different in by_place.values())
    assert f"{Transaction.objects.count():,} transactions of {AREAS * SAFES} safes" in said


def test_it_ends_now_and_nothing_waits_to_be_drawn():
    fill()
    latest = Transaction.objects.aggregate(latest=Max("occurred_at"))["latest"]
    assert timezone.now() - latest < dt.timedelta(days=1)
    assert not TouchedDay.objects.exists()
    assert not TouchedSiteDay.objects.exists()


def test_ids_are_in_the_order_of_time_over_all_areas():
    fill()
    rows = list(Transaction.objects.order_by("pk").values_list("business_date", "safe"))
    last = rows[-20 * AREAS :]
    assert len({safe for _, safe in last}) > SAFES
    # How many days they are of is a matter of the weekday and the hour; all are of the younger half.
    assert min(date for date, _ in last) > sorted(date for date, _ in rows)[len(rows) // 2]


def test_what_happens_next_gets_ids_of_its_own():
    fill()
    for model in copied():
        if not model._meta.pk.is_relation and model._default_manager.exists():
            highest = model._default_manager.aggregate(highest=Max("pk"))["highest"]
            assert highest == _last_given(model), model


def test_bodies_of_copies_are_told_as_purged():
    fill()
    with_body = set(DeliveryBody.objects.values_list("delivery", flat=True))
    without = Delivery.objects.exclude(pk__in=with_body).filter(repeat_of=None)
    assert without.exists()
    assert not without.filter(purged_at=None).exists()


def test_only_an_empty_database_is_filled():
    SiteFactory.create()
    with pytest.raises(CommandError, match="Only an empty one is filled"):
        fill()
    assert not Transaction.objects.exists()


@pytest.mark.parametrize("options", [{"areas": 0}, {"areas": 1000}, {"transactions": 0}, {"sites": 3, "safes": 2}])
def test_sizes_that_cannot_be_are_told(options):
    with pytest.raises(CommandError):
        fill(**options)
    assert not Site.objects.exists()


def test_more_years_than_a_chain_keeps_are_refused():
    with pytest.raises(CommandError, match="are the most"):
        fill(transactions=10_000_000)


def _last_given(model) -> int:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_serial_sequence(%s, %s)", [model._meta.db_table, model._meta.pk.column])
        (sequence,) = cursor.fetchone()
        cursor.execute(f"SELECT last_value FROM {sequence}")
        return int(cursor.fetchone()[0])
