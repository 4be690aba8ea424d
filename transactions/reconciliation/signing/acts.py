"""What people do to a day: prepare, approve, send back, reopen, comment. Each under the lock on its site."""

from __future__ import annotations

import datetime as dt

from django.contrib.auth.models import User
from django.db.transaction import atomic
from django.utils import timezone

from safes.estate import lock_sites
from safes.models import Site
from transactions.models import SignOff, SignOffEvent
from transactions.reconciliation.signing.differences import differences_of
from transactions.reconciliation.signing.figures import Figures, token
from transactions.reconciliation.signing.following import present_status, settle_late
from transactions.reconciliation.signing.reading import figures_on
from transactions.reconciliation.signing.standing import is_drawn, is_over

What = SignOffEvent.What
Status = SignOff.Status

PREPARE, APPROVE = "transactions.prepare_signoff", "transactions.approve_signoff"
_LONGEST = 4000


class SigningError(ValueError):
    """Why it cannot be done, in a sentence for staff. Nothing was changed."""


@atomic
def prepare(site_id: int, date: dt.date, by: User, seen: str, text: str = "") -> SignOff:
    """Say that this day's figures are right, or explained. ``seen`` tells the figures that were looked at.

    Raises SigningError: while the day goes on or is being drawn, when its figures are others by now, when somebody
    was quicker, and when there is something to explain and no comment.
    """
    _may(by, PREPARE)
    site, row, now, drawn = _held(site_id, date)
    status = present_status(row, now)
    if status == Status.PREPARED:
        raise SigningError(f"{row.prepared_by} has prepared this day already: it waits for approval.")
    if status == Status.SIGNED:
        raise SigningError(f"This day is signed already, by {row.signed_by} and {row.approved_by}.")
    _check(site, date, now, seen, drawn=drawn)
    text = _text(text, needed=bool(differences_of(site, date)), why="There is something to explain on this day")
    row.prepared_by, row.prepared_at, row.prepared_figures = by, timezone.now(), now
    return _keep(site, row, now, What.PREPARED, by, text)


@atomic
def approve(site_id: int, date: dt.date, by: User, seen: str, text: str = "") -> SignOff:
    """Sign what another has prepared. Raises SigningError: for who prepared it, for other figures than those seen."""
    _may(by, APPROVE)
    site, row, now, drawn = _held(site_id, date)
    if present_status(row, now) != Status.PREPARED:
        raise SigningError(_not_prepared(row, now))
    if row.prepared_by == by:
        raise SigningError("You prepared this day yourself: another person has to approve it.")
    _check(site, date, now, seen, drawn=drawn)
    text = _text(text)
    row.signed_by, row.approved_by, row.approved_at, row.signed_figures = row.prepared_by, by, timezone.now(), now
    row.prepared_by = row.prepared_at = row.prepared_figures = None
    row.is_taken_back = False
    return _keep(site, row, now, What.APPROVED, by, text)


@atomic
def send_back(site_id: int, date: dt.date, by: User, text: str) -> SignOff:
    """Take a preparation away, with a word why: an approver anybody's, everybody his own. Raises SigningError."""
    site, row, now, _ = _held(site_id, date)
    if row.prepared_by != by:
        _may(by, APPROVE)
    if present_status(row, now) != Status.PREPARED:
        raise SigningError(_not_prepared(row, now))
    text = _text(text, needed=True, why="Who prepared it should know why")
    row.prepared_by = row.prepared_at = row.prepared_figures = None
    return _keep(site, row, now, What.SENT_BACK, by, text)


@atomic
def reopen(site_id: int, date: dt.date, by: User, text: str) -> SignOff:
    """Take a signature back, with a word why: the day has to be prepared and approved anew. Raises SigningError."""
    _may(by, APPROVE)
    site, row, now, _ = _held(site_id, date)
    if present_status(row, now) != Status.SIGNED:
        raise SigningError("This day is not signed, so there is nothing to reopen.")
    text = _text(text, needed=True, why="A signature is not taken back without a reason")
    row.is_taken_back = True
    return _keep(site, row, now, What.REOPENED, by, text)


@atomic
def comment(site_id: int, date: dt.date, by: User, text: str) -> SignOff:
    """Add a word to a day, whatever its status. Raises SigningError."""
    if not by.has_perm(PREPARE):
        _may(by, APPROVE)
    site, row, now, _ = _held(site_id, date)
    text = _text(text, needed=True, why="An empty comment helps nobody")
    return _keep(site, row, now, What.COMMENTED, by, text)


def _may(by: User, permission: str) -> None:
    if not by.has_perm(permission):
        act = "prepare" if permission == PREPARE else "approve, send back and reopen"
        raise SigningError(f"Your role may not {act} days: ask a supervisor.")


def _held(site_id: int, date: dt.date) -> tuple[Site, SignOff, Figures, bool]:
    """The day, locked with its site, its figures, and whether all that is known is in them.

    Its row is not stored before something is done.
    """
    locked = lock_sites([site_id])
    if not locked:
        raise SigningError("There is no such site any more.")
    (site,) = locked
    rows = SignOff.objects.select_related("prepared_by", "signed_by", "approved_by")
    row = rows.filter(site=site, business_date=date).first() or SignOff(site=site, business_date=date)
    # Before the figures: a drawing that ends between the two is in them, or has left its marks.
    drawn = is_drawn(site, date)
    now = figures_on(site_id, date)
    if not now and row.pk is None:
        raise SigningError(f"{site.code} has no figures on {date}: there is nothing to sign.")
    return site, row, now, drawn


def _check(site: Site, date: dt.date, now: Figures, seen: str, *, drawn: bool) -> None:
    if not is_over(site, date):
        raise SigningError("This day is not over yet at the site: sign it when it is.")
    if not drawn:
        raise SigningError("Something has just come in for this day and is being worked in: look again in a moment.")
    if token(now) != seen:
        raise SigningError("The figures of this day have changed since you opened it: look at them again, then sign.")


def _not_prepared(row: SignOff, now: Figures) -> str:
    if present_status(row, now) == Status.SIGNED:
        return f"This day is signed already, by {row.signed_by} and {row.approved_by}."
    if row.prepared_by is not None:
        return "The figures have changed since this day was prepared: somebody has to look at them and prepare it anew."
    return "This day is not prepared: somebody has to look at it and prepare it first."


def _text(text: str, *, needed: bool = False, why: str = "") -> str:
    text = text.strip()
    if needed and not text:
        raise SigningError(f"{why}: write a comment.")
    if len(text) > _LONGEST or "\x00" in text:
        raise SigningError(f"Write up to {_LONGEST:,} characters, and none of them null.")
    return text


def _keep(site: Site, row: SignOff, now: Figures, what: str, by: User, text: str) -> SignOff:
    row.status = present_status(row, now)
    row.save()
    figures = now if what in (What.PREPARED, What.APPROVED) else None
    SignOffEvent.objects.create(sign_off=row, at=timezone.now(), by=by, what=what, text=text, figures=figures)
    settle_late(site, [row], {(row.site_id, row.business_date): now})
    return row
