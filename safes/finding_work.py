"""What people do with a finding short of settling it: talk about it, and take it on."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db.transaction import atomic

from safes.models import Finding, FindingNote


@atomic
def comment(finding_id: int, by: str, text: str, what: str = "commented") -> FindingNote:
    """Add a word to a finding, open or closed; ``what`` names the act it goes with. ValueError when there is none."""
    if not text.strip():
        raise ValueError("Write something: an empty comment helps nobody.")
    finding = Finding.objects.select_for_update().get(pk=finding_id)
    return FindingNote.objects.create(finding=finding, by=by, what=what, text=text.strip())


@atomic
def assign(finding_id: int, by: str, owner: User | None) -> Finding:
    """Give a finding to somebody, or with None to nobody. Raises ValueError when it is closed, or theirs already."""
    finding = Finding.objects.select_for_update(of=("self",)).select_related("owner").get(pk=finding_id)
    if finding.state == Finding.State.CLOSED:
        raise ValueError(f"This finding was closed already, by {finding.closed_by}; nobody need take it on.")
    if finding.owner == owner:
        raise ValueError(f"This finding is {'nobody’s' if owner is None else f'{owner}’s'} already.")
    finding.owner = owner
    finding.save(update_fields=["owner"])
    text = "To nobody." if owner is None else f"To {owner}."
    FindingNote.objects.create(finding=finding, by=by, what="assigned", text=text)
    return finding
