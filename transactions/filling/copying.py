"""Copies of an area, made by the database itself: the same rows under other ids, with another mark in their names.

A copy is consistent because the area is: whatever adds up there adds up here. Which tables are copied follows from
the models, so that one that is made tomorrow comes along: all that lead, by their foreign keys, to a site, a safe, a
message or a delivery. Left out are change histories, and the bytes of deliveries, which name the safes of the area:
the copies are deliveries whose bodies were purged.

Ids: row i of n becomes n + (i - 1) × copies + k in copy k, so that ids are in the order of time among all copies, as
they are in a chain that told its transactions day by day.
"""

from __future__ import annotations

from collections.abc import Callable
from graphlib import TopologicalSorter

from django.apps import apps
from django.db import connection, models
from django.db.models import Max
from django.db.models.functions import Cast
from django.db.transaction import atomic

from safes.findings import Facts
from safes.models import Finding, FindingNote, Safe, Site
from transactions.filling.estate import GROUPS, GROUPS_OF_AN_AREA, MARK
from transactions.models import AuditEvent, Delivery, DeliveryBody, Message, Transaction

Model = type[models.Model]
_ROOTS: set[Model] = {Site, Safe, Message, Delivery}
_LEFT_OUT: set[Model] = {DeliveryBody}
_RECORDS: set[Model] = {Transaction, AuditEvent}
# Which name pickup groups in their sentences.
_TOLD: set[Model] = {Finding, FindingNote}
# So many rows an INSERT.
_AT_ONCE = 400_000

_MARK = f"'{MARK[0]}' || lpad(k::text, {len(MARK) - 1}, '0')"
# A pickup group in a sentence: its eleven digits, the first five of the area.
_GROUP = rf"\m{GROUPS // GROUPS_OF_AN_AREA}(\d{{6}})\M"
_OTHER_GROUP = rf"({GROUPS // GROUPS_OF_AN_AREA} + k)::text || '\1'"


def copied() -> list[Model]:
    """The models whose rows are copied, each after those it refers to."""
    found = set(_ROOTS)
    models_ = [model for label in ("safes", "transactions") for model in apps.get_app_config(label).get_models()]
    ours = [model for model in models_ if model not in _LEFT_OUT and not hasattr(model, "instance_type")]
    while more := {model for model in ours if model not in found and _leads_to(model) & found}:
        found |= more
    order = TopologicalSorter({model: _leads_to(model) & found - {model} for model in found})
    return [model for model in order.static_order() if model in found]


def copy(copies: int, say: Callable[[str], None]) -> None:
    """Add so many copies of everything that is there. In transactions of their own: it is not begun anew halfway."""
    chosen = copied()
    spans = {model: _span(model) for model in chosen}
    for model in chosen:
        if spans[model]:
            _copy(model, spans, copies, say)
    _count_on(chosen)
    _settle_anew()


def _leads_to(model: Model) -> set[Model]:
    return {
        field.related_model  # type: ignore[misc]
        for field in model._meta.concrete_fields
        if field.is_relation
    }


def _span(model: Model) -> int:
    return model._default_manager.aggregate(most=Max("pk"))["most"] or 0


def _copy(model: Model, spans: dict[Model, int], copies: int, say: Callable[[str], None]) -> None:
    meta = model._meta
    columns = {field.column: _copied(model, field, spans, copies) for field in meta.concrete_fields}
    names = ", ".join(f'"{name}"' for name in columns)
    pk = f'p."{meta.pk.column}"'
    insert = f"""
        INSERT INTO {meta.db_table} ({names})
        SELECT {", ".join(columns.values())}
        FROM {meta.db_table} p CROSS JOIN generate_series(1, {copies}) k
        WHERE {pk} > %s AND {pk} <= %s ORDER BY {pk}, k
    """
    step = max(_AT_ONCE // copies, 1)
    for first in range(0, spans[model], step):
        say(f"{meta.verbose_name_plural}: {first * (copies + 1):,} of {spans[model] * (copies + 1):,}")
        with atomic(), connection.cursor() as cursor:
            cursor.execute(insert, [first, min(first + step, spans[model])])


def _copied(model: Model, field: models.Field, spans: dict[Model, int], copies: int) -> str:  # type: ignore[type-arg]
    """The expression of a column of copy k, ``p`` being the row it is a copy of."""
    own = f'p."{field.column}"'
    target = field.related_model if field.is_relation else model if field.primary_key else None
    if (model, field.name) == (Transaction, "paired_with"):
        target = Transaction
    if target in spans:
        return _moved(own, spans[target], copies)
    if field.name == "pickup_group_id":
        return f"{own} + k * {GROUPS_OF_AN_AREA}"
    if (model, field.name) in ((Message, "key"), (Delivery, "file_name")):
        return f"{own} || '/' || {_MARK}"
    if (model, field.name) == (Delivery, "digest"):
        return f"sha256({own} || ({_MARK})::bytea)"
    if (model, field.name) == (Delivery, "purged_at"):
        return 'p."received_at"'
    if model in _RECORDS and field.name != "user_name":
        return own
    is_text = isinstance(field, models.CharField | models.TextField) and not field.choices
    if not is_text and not isinstance(field, models.JSONField):
        return own
    renamed = _renamed(model, own) if is_text else f"({_renamed(model, f'{own}::text')})::jsonb"
    if model is Finding and field.name in ("subject", "summary", "detail"):
        return _about_delivery(
            field.name, renamed, _moved("(p.detail ->> 'delivery')::bigint", spans[Delivery], copies)
        )
    if model is FindingNote and field.name == "text":
        return rf"regexp_replace({renamed}, '\mdelivery \d+\M', 'its delivery')"
    return renamed


def _moved(pk: str, span: int, copies: int) -> str:
    return f"{span} + ({pk} - 1) * {copies} + k"


def _renamed(model: Model, text: str) -> str:
    return (
        _regrouped(f"replace({text}, '{MARK}', {_MARK})") if model in _TOLD else f"replace({text}, '{MARK}', {_MARK})"
    )


def _regrouped(text: str) -> str:
    return f"regexp_replace({text}, '{_GROUP}', {_OTHER_GROUP}, 'g')"


def _about_delivery(field: str, text: str, moved: str) -> str:
    """What a finding about a delivery says of it, by its number; findings of all other kinds say it of none."""
    if field == "detail":
        told = f"jsonb_set({text}, '{{delivery}}', to_jsonb({moved}))"
    else:
        told = rf"regexp_replace({text}, '\mdelivery \d+\M', 'delivery ' || ({moved})::text)"
    return f"CASE WHEN p.kind = 'quarantined_row' THEN {told} ELSE {text} END"


def _count_on(chosen: list[Model]) -> None:
    """Let every sequence go on after the ids that were given."""
    with connection.cursor() as cursor:
        for model in chosen:
            if not model._meta.pk.is_relation:
                table, column = model._meta.db_table, model._meta.pk.column
                counter = f"pg_get_serial_sequence('{table}', '{column}')"
                cursor.execute(f"SELECT setval({counter}, max({column})) FROM {table} HAVING max({column}) > 0")


def _settle_anew() -> None:
    """What a person settled stays so while its facts are those; in a copy there are other names and groups in them."""
    told = Finding.objects.filter(settled_facts__isnull=False).annotate(text=Cast("detail", models.TextField()))
    mark, group = rf"{MARK[0]}\d{{{len(MARK) - 1}}}", rf"{GROUPS // GROUPS_OF_AN_AREA // 1000}\d{{9}}"
    named = list(told.filter(text__regex=rf"\m({mark}|{group})\M"))
    for finding in named:
        finding.settled_facts = Facts(
            summary=finding.summary,
            cash_at_stake=finding.cash_at_stake,
            currency=finding.currency,
            business_date=finding.business_date,
            detail=finding.detail,
        ).digest
    Finding.objects.bulk_update(named, ["settled_facts"], batch_size=500)
