"""Opening and closing findings: rules say what the facts are now, this keeps the queue in step with them."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db.transaction import atomic
from django.utils import timezone

from safes.models import Finding, FindingNote

SYSTEM = "system"

_SHOWN = ("summary", "severity", "safe_id", "site_id", "business_date", "currency")


@dataclass(frozen=True, slots=True)
class Facts:
    """What a rule sees wrong with a subject at this moment. Money in the currency named, dates business dates."""

    summary: str
    severity: Finding.Severity = Finding.Severity.WARNING
    safe_id: int | None = None
    site_id: int | None = None
    business_date: dt.date | None = None
    cash_at_stake: Decimal | None = None
    currency: str = ""
    detail: dict[str, Any] = field(default_factory=dict)

    @property
    def digest(self) -> bytes:
        """Equal for equal facts: a settled finding opens again only when this is no longer what was settled."""
        cash = None if self.cash_at_stake is None else str(self.cash_at_stake.normalize())
        parts = [cash, self.currency, str(self.business_date), self.detail]
        return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).digest()


def settle(kind: str, now: dict[str, Facts | None]) -> None:
    """Bring the findings of one kind in step with what its rule says: facts by subject, None where nothing is wrong.

    The caller holds the lock under which the facts were seen (the safe, the endpoint, the delivery), so that two
    workers do not settle one subject at once.
    """
    if now:
        _settle(kind, now)


@atomic
def _settle(kind: str, now: dict[str, Facts | None]) -> None:
    known = {
        finding.subject: finding
        for finding in Finding.objects.select_for_update().filter(kind=kind, subject__in=now).order_by("pk")
    }
    notes: list[FindingNote] = []
    fresh: list[Finding] = []
    for subject, facts in now.items():
        finding = known.get(subject)
        if finding is None:
            if facts is not None:
                fresh.append(
                    _apply(
                        Finding(kind=kind, subject=subject, opened_at=timezone.now()),
                        facts,
                    )
                )
        elif facts is None:
            _close(finding, notes)
        else:
            _update(finding, facts, notes)
    created = Finding.objects.bulk_create(fresh)
    notes += [FindingNote(finding=finding, by=SYSTEM, what="opened", text=finding.summary) for finding in created]
    FindingNote.objects.bulk_create(notes)


def _apply(finding: Finding, facts: Facts) -> Finding:
    finding.summary = facts.summary[:500]
    finding.severity = facts.severity
    finding.safe_id = facts.safe_id
    finding.site_id = facts.site_id
    finding.business_date = facts.business_date
    finding.cash_at_stake = facts.cash_at_stake
    finding.currency = facts.currency
    finding.detail = facts.detail
    return finding


def _close(finding: Finding, notes: list[FindingNote]) -> None:
    finding.settled_facts = None
    if finding.state == Finding.State.OPEN:
        finding.state = Finding.State.CLOSED
        finding.closed_at = timezone.now()
        finding.closed_by = SYSTEM
        notes.append(
            FindingNote(
                finding=finding,
                by=SYSTEM,
                what="closed",
                text="Its cause has gone away.",
            )
        )
    finding.save()


def _update(finding: Finding, facts: Facts, notes: list[FindingNote]) -> None:
    accepted = finding.settled_facts is not None and bytes(finding.settled_facts) == facts.digest
    detail = json.loads(json.dumps(facts.detail, default=str))
    changed = finding.cash_at_stake != facts.cash_at_stake or finding.detail != detail
    before = {name: getattr(finding, name) for name in _SHOWN}
    _apply(finding, facts)
    if finding.state == Finding.State.CLOSED and not accepted:
        finding.state = Finding.State.OPEN
        finding.opened_at = timezone.now()
        finding.closed_at, finding.closed_by, finding.settled_facts = None, "", None
        notes.append(FindingNote(finding=finding, by=SYSTEM, what="reopened", text=facts.summary))
    elif changed:
        notes.append(FindingNote(finding=finding, by=SYSTEM, what="changed", text=facts.summary))
    elif before == {name: getattr(finding, name) for name in _SHOWN}:
        return  # as nearly always, when a day is drawn again
    finding.save()


def put_to_rest(finding: Finding, by: str) -> None:
    """Close a locked finding by a person's word, and remember which facts were settled. The caller saves and notes."""
    finding.state = Finding.State.CLOSED
    finding.closed_at = timezone.now()
    finding.closed_by = by
    finding.settled_facts = Facts(
        summary=finding.summary,
        cash_at_stake=finding.cash_at_stake,
        currency=finding.currency,
        business_date=finding.business_date,
        detail=finding.detail,
    ).digest


@atomic
def settle_by_person(finding_id: int, by: str, comment: str) -> Finding:
    """A person takes a finding off the queue, with a word why. It stays off as long as its facts stay what they are."""
    if not comment.strip():
        raise ValueError("Say why it can be settled: a comment is needed.")
    finding = Finding.objects.select_for_update().get(pk=finding_id)
    if finding.state == Finding.State.CLOSED:
        raise ValueError(f"This finding was closed already, by {finding.closed_by}.")
    put_to_rest(finding, by)
    finding.save()
    FindingNote.objects.create(finding=finding, by=by, what="settled", text=comment.strip())
    return finding


def subjects_of(
    kinds: Collection[str],
    *,
    safe_ids: Iterable[int],
    business_dates: Iterable[dt.date] | None = None,
) -> dict[str, set[str]]:
    """Subjects of each kind that were ever opened for these safes (and dates): those a rule must look at again."""
    found = Finding.objects.filter(kind__in=kinds, safe_id__in=safe_ids)
    if business_dates is not None:
        found = found.filter(business_date__in=business_dates)
    subjects: dict[str, set[str]] = {kind: set() for kind in kinds}
    for kind, subject in found.values_list("kind", "subject"):
        subjects[kind].add(subject)
    return subjects
