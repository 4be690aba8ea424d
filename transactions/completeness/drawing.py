"""A safe's days, drawn from its transactions: the row of each, and the facts of its two findings."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection

from django.conf import settings
from django.db import connection
from django.utils import timezone

from safes.estate import Standings, standings_of
from safes.findings import Facts
from safes.models import Finding
from transactions.completeness.covering import covered, one_sided_days
from transactions.completeness.figures import Channel, Day, Missing, lines_of, missing_of
from transactions.completeness.judging import NOTHING, Covered, Figures, Since, Told, Verdict, grace_ends, judge
from transactions.models import ChannelCompleteness
from transactions.recording.marks import touch

KINDS = ("missing_in_push", "missing_in_file")
_LISTED = 200
_OTHER: dict[Channel, str] = {"push": "file", "file": "push"}
_OVER = (Verdict.MISSING_IN_PUSH, Verdict.MISSING_IN_FILE, Verdict.MISSING_IN_BOTH)


def draw_completeness(safe_id: int, dates: Collection[dt.date]) -> dict[str, dict[dt.date, Facts]]:
    """Bring the rows of these days in step; returns facts by finding kind and date. The caller holds the safe's lock.

    Other days are marked when this changes from when on the safe's channels are compared.
    """
    both_cover = covered()
    lines = lines_of(safe_id, dates)
    stands = standings_of([safe_id])[safe_id]
    before = since_of(safe_id)
    elsewhere = since_of(safe_id, but_for=dates)
    since = Since(
        _first(elsewhere.push, [date for (date, _), told in lines.items() if any(line.by_push for line in told)]),
        _first(elsewhere.file, [date for (date, _), told in lines.items() if any(line.by_file for line in told)]),
    )
    days = {
        (date, currency): judge(told, both_cover, since, date, is_over=is_over(date, stands))
        for (date, currency), told in lines.items()
    }
    _keep(safe_id, dates, days)
    _mark_others(safe_id, dates, before, since)
    found: dict[str, dict[dt.date, Facts]] = {kind: {} for kind in KINDS}
    by_date: dict[dt.date, dict[str, Figures]] = defaultdict(dict)
    for (date, currency), figures in days.items():
        by_date[date][currency] = figures
    for date, currencies in by_date.items():
        for channel in _OTHER:
            facts = _facts(safe_id, date, channel, currencies, both_cover)
            if facts is not None:
                found[f"missing_in_{channel}"][date] = facts
    return found


def since_of(safe_id: int, *, but_for: Collection[dt.date] = ()) -> Since:
    """From when on each channel is expected for a safe, by its days but for some."""
    with connection.cursor() as cursor:
        cursor.execute(_SINCE, {"safe": safe_id, "but_for": list(but_for)})
        return Since(*cursor.fetchone())


# Two looks, each at the beginning of an index of its own.
_FIRST = f"""
SELECT business_date FROM {ChannelCompleteness._meta.db_table}
WHERE safe_id = %(safe)s AND {{channel}}_count > 0 AND business_date <> ALL(%(but_for)s::date[])
ORDER BY business_date LIMIT 1
"""
_SINCE = f"SELECT ({_FIRST.format(channel='push')}), ({_FIRST.format(channel='file')})"


def is_over(date: dt.date, stands: Standings) -> bool:
    """Whether the grace of a business date is over by now."""
    return timezone.now() >= grace_ends(date, stands.on(date).time_zone, settings.COMPLETENESS_GRACE)


def _first(known: dt.date | None, drawn: Collection[dt.date]) -> dt.date | None:
    return min([*drawn, *([known] if known else [])], default=None)


def _keep(safe_id: int, dates: Collection[dt.date], days: dict[Day, Figures]) -> None:
    stored = {
        (row.business_date, row.currency): row
        for row in ChannelCompleteness.objects.filter(safe=safe_id, business_date__in=dates)
    }
    fresh, changed = [], []
    for (date, currency), figures in days.items():
        values = _values(figures)
        row = stored.pop((date, currency), None)
        if row is None:
            fresh.append(ChannelCompleteness(safe_id=safe_id, business_date=date, currency=currency, **values))
        elif any(getattr(row, name) != value for name, value in values.items()):
            for name, value in values.items():
                setattr(row, name, value)
            changed.append(row)
    if stored:
        ChannelCompleteness.objects.filter(pk__in=[row.pk for row in stored.values()]).delete()
    ChannelCompleteness.objects.bulk_create(fresh)
    if changed:
        ChannelCompleteness.objects.bulk_update(changed, list(values))


def _values(figures: Figures) -> dict[str, object]:
    return {
        "count": figures.all.count,
        "cash": figures.all.cash,
        "push_count": figures.push.count,
        "push_cash": figures.push.cash,
        "file_count": figures.file.count,
        "file_cash": figures.file.cash,
        "both_count": figures.both.count,
        "both_cash": figures.both.cash,
        "missing_in_push_count": figures.missing_in_push.count,
        "missing_in_push_cash": figures.missing_in_push.cash,
        "missing_in_file_count": figures.missing_in_file.count,
        "missing_in_file_cash": figures.missing_in_file.cash,
        "verdict": figures.verdict.value,
    }


def _mark_others(safe_id: int, dates: Collection[dt.date], before: Since, since: Since) -> None:
    """Days that are compared now and were not, or the other way round: older history came, or was taken back."""
    earlier, now = before.both(), since.both()
    if earlier == now:
        return
    moments = [moment for moment in (earlier, now) if moment is not None]
    until = max(moments) if len(moments) == 2 else None
    touch({(safe_id, date) for date in one_sided_days(safe_id, min(moments), until) - set(dates)})


def _facts(
    safe_id: int, date: dt.date, channel: Channel, currencies: dict[str, Figures], both_cover: Covered
) -> Facts | None:
    due = {currency: figures for currency, figures in currencies.items() if figures.verdict in _OVER}
    lacking: dict[str, Told] = {
        currency: figures.missing_in_push if channel == "push" else figures.missing_in_file
        for currency, figures in due.items()
    }
    total = sum(lacking.values(), NOTHING)
    if not total.count:
        return None
    named = {currency for currency, told in lacking.items() if told.count}
    count = "One transaction" if total.count == 1 else f"{total.count} transactions"
    return Facts(
        summary=_SUMMARIES[channel].format(count=count, came="was" if total.count == 1 else "were"),
        severity=Finding.Severity.WARNING,
        safe_id=safe_id,
        business_date=date,
        cash_at_stake=total.cash,
        currency=named.pop() if len(named) == 1 else "",
        detail={
            "transaction_count": total.count,
            "transactions": [_listed(one) for one in missing_of(safe_id, date, channel, both_cover, _LISTED)],
        },
    )


_SUMMARIES: dict[Channel, str] = {
    "push": (
        "{count} in Loomis's files {came} never pushed. The books have them from the files. If it happens often, look "
        "whether pushes were turned away that day, and ask Loomis why."
    ),
    "file": (
        "{count} that Loomis pushed {came} in none of its files, though the files of that day should be here. Look "
        "whether a file is missing or in quarantine, and ask Loomis for it."
    ),
}


def _listed(one: Missing) -> dict[str, object]:
    return {
        "local_time": one.local_time.isoformat(),
        "type": one.type,
        "amount": str(one.amount),
        "currency": one.currency or "",
        "user": one.user_name or "",
    }
