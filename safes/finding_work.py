"""What people do with findings: talk about them, take them on, settle them; one or many at once."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db.transaction import atomic

from safes.findings import put_to_rest
from safes.models import Finding, FindingNote

# As many as one person can answer for in one sentence, and as are locked at once.
MANY = 500
_AT_IT = "Somebody else, or a rule, is at it at this moment: try again."


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of many: those it was done to, and those that were left, each with a sentence why."""

    done: list[Finding]
    left: list[tuple[Finding, str]]


@atomic
def comment(finding_id: int, by: str, text: str, what: str = "commented") -> FindingNote:
    """Add a word to a finding, open or closed; ``what`` names the act it goes with. ValueError when there is none."""
    said = _said(text)
    finding = Finding.objects.select_for_update().get(pk=finding_id)
    return FindingNote.objects.create(finding=finding, by=by, what=what, text=said)


@atomic
def assign(finding_id: int, by: str, owner: User | None) -> Finding:
    """Give a finding to somebody, or with None to nobody. Raises ValueError when it is closed, or theirs already."""
    finding = Finding.objects.select_for_update(of=("self",)).select_related("owner").get(pk=finding_id)
    reason = _why_not_given(finding, owner)
    if reason:
        raise ValueError(reason)
    finding.owner = owner
    finding.save(update_fields=["owner"])
    FindingNote.objects.create(finding=finding, by=by, what="assigned", text=_to(owner))
    return finding


def comment_all(finding_ids: Collection[int], by: str, text: str) -> Outcome:
    """Add the same word to each, open or closed. Raises ValueError without one, and for more than MANY."""
    said = _said(text)
    return _all(finding_ids, by, "commented", said, lambda finding: "")


def assign_all(finding_ids: Collection[int], by: str, owner: User | None) -> Outcome:
    """Give each to somebody, or with None to nobody; the closed and those that are theirs already are left."""

    def do(finding: Finding) -> str:
        reason = _why_not_given(finding, owner)
        if not reason:
            finding.owner = owner
        return reason

    return _all(finding_ids, by, "assigned", _to(owner), do, ["owner"])


def settle_all(finding_ids: Collection[int], by: str, text: str) -> Outcome:
    """Settle each with one word why, which each keeps. Those that are closed already are left.

    Raises ValueError without a word, and for more than MANY.
    """
    said = _said(text)

    def do(finding: Finding) -> str:
        if finding.state == Finding.State.CLOSED:
            return f"It was closed already, by {finding.closed_by}."
        put_to_rest(finding, by)
        return ""

    return _all(finding_ids, by, "settled", said, do, ["state", "closed_at", "closed_by", "settled_facts"])


@atomic
def _all(
    finding_ids: Collection[int],
    by: str,
    what: str,
    text: str,
    do: Callable[[Finding], str],
    fields: list[str] | None = None,
) -> Outcome:
    """Do it to each under its lock; five queries for any number.

    It waits for no lock: rules take theirs by kind, and whoever waits while holding many ends in a deadlock with them.
    What is locked is left, and told.
    """
    if len(finding_ids) > MANY:
        raise ValueError(f"These are {len(finding_ids):,} findings: at most {MANY} are worked on at once.")
    asked = Finding.objects.select_related("owner", "safe", "site").filter(pk__in=finding_ids).order_by("pk")
    done, left = [], []
    for finding in asked.select_for_update(of=("self",), skip_locked=True):
        reason = do(finding)
        if reason:
            left.append((finding, reason))
        else:
            done.append(finding)
    seen = {finding.pk for finding in done} | {finding.pk for finding, _ in left}
    if len(seen) < len(set(finding_ids)):
        left += [(finding, _AT_IT) for finding in asked.exclude(pk__in=seen)]
    if fields:
        Finding.objects.bulk_update(done, fields)
    FindingNote.objects.bulk_create([FindingNote(finding=one, by=by, what=what, text=text) for one in done])
    return Outcome(done, left)


def _said(text: str) -> str:
    if not text.strip():
        raise ValueError("Write something: an empty comment helps nobody.")
    return text.strip()


def _to(owner: User | None) -> str:
    return "To nobody." if owner is None else f"To {owner}."


def _why_not_given(finding: Finding, owner: User | None) -> str:
    if finding.state == Finding.State.CLOSED:
        return f"This finding was closed already, by {finding.closed_by}; nobody need take it on."
    if finding.owner == owner:
        return f"This finding is {'nobody’s' if owner is None else f'{owner}’s'} already."
    return ""
