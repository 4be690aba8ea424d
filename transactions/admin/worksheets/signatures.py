"""How a day is signed, in words: its status, what changed since it was signed, and who did what when."""

from __future__ import annotations

from safes.admin.bases import instant
from transactions.admin.worksheets.sheet import Section, figure, line, section, with_sign, words
from transactions.models import SignOff, SignOffEvent
from transactions.reconciliation.signing.figures import Change
from transactions.reconciliation.signing.standing import Standing

# How a status is shown in lists: words, and the colour of the admin's label.
LABELS = {"open": "info", "prepared": "warning", "signed": "success", "reopened": "danger"}
STATUS_WORDS = dict(SignOff.Status.choices)


def in_words(standing: Standing) -> str:
    """Where the day stands, and with whom; its status first."""
    row = standing.sign_off
    if row is None or (standing.status == "open" and row.prepared_by is None):
        return "Open: nobody has prepared it yet."
    if standing.status == "open":
        return (
            f"Open again: its figures are others than {row.prepared_by} prepared on {instant(row.prepared_at)}, so it "
            "has to be prepared anew."
        )
    if standing.status == "prepared":
        return f"Prepared by {row.prepared_by} on {instant(row.prepared_at)}: it waits for approval by another person."
    if standing.status == "signed":
        return f"Signed: prepared by {row.signed_by}, approved by {row.approved_by} on {instant(row.approved_at)}."
    if row.is_taken_back:
        return f"Reopened by a person: the signature of {row.signed_by} and {row.approved_by} stands no more."
    return (
        f"Reopened by itself: its figures are others than {row.signed_by} and {row.approved_by} signed on "
        f"{instant(row.approved_at)}."
    )


def changes_section(standing: Standing) -> Section | None:
    """What was signed beside what the books say now."""
    if not standing.changes:
        return None
    row = standing.sign_off
    before = "Signed" if row is not None and row.signed_figures is not None else "Prepared"
    lines = [
        line(
            words(_whose(one)),
            words(one.figure.replace("_", " ")),
            words(one.currency),
            figure(one.signed),
            figure(one.now),
            with_sign(one.difference),
        )
        for one in standing.changes
    ]
    headers = ("Of", "Figure", "Currency", before, "Now", "Difference")
    return section(f"What changed since it was {before.lower()}", headers, lines, anchor="changes")


def _whose(change: Change) -> str:
    if change.of != "till":
        return f"{change.of} {change.name}"
    cashier = f", {change.cashier}" if change.cashier else ""
    return f"register {change.name or 'none'}{cashier}"


def history_section(standing: Standing) -> Section:
    """Who did what, the latest first."""
    lines = [
        line(words(instant(one.at)), words(_who(one)), words(one.get_what_display()), words(one.text))
        for one in reversed(standing.events)
    ]
    note = "" if lines else "Nobody has said or signed anything yet."
    return section("Comments and signing", ("When", "Who", "What", "Said"), lines, note=note, anchor="history")


def _who(event: SignOffEvent) -> str:
    return "the system" if event.by is None else event.by.get_username()
