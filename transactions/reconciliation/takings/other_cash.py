"""Deposits outside the safe and petty cash: cash of a site's day that is in none of its safes. DOMAIN.md section 2."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db.transaction import atomic
from django.utils import timezone

from safes.estate import lock_sites
from safes.models import Register, Site
from transactions.models import OtherCash
from transactions.reconciliation.signing.freezing import is_frozen, signed_among
from transactions.reconciliation.sites.marks import touch_sites
from transactions.reconciliation.takings.holding import latest_date
from transactions.reconciliation.takings.reading import Unreadable, read_amount, read_date, read_text

LONGEST_NOTE = 4000


@atomic
def add_other_cash(
    site: Site, date: object, kind: str, amount: object, note: str, by: User | None, *, register: object = None
) -> OtherCash:
    """Enter a line, in the currency of the site; of a register that is there, where one is named.

    Raises ValidationError, with sentences by the field they are about.
    """
    (site,) = lock_sites([site.pk])
    line = read_other_cash(site, date, kind, amount, note, register=register)
    line.entered_by = by
    line.save()
    touch_sites({(site.pk, line.business_date)})
    return line


def read_other_cash(
    site: Site, date: object, kind: str, amount: object, note: str, *, register: object = None
) -> OtherCash:
    """The line that these words make, not stored. Raises ValidationError, with sentences by field."""
    line = OtherCash(site=site, kind=kind, currency=site.currency, note=note.strip())
    errors: dict[str, list[str]] = {}
    for name, reader, said in (
        ("business_date", _date, date),
        ("amount", _amount, amount),
        ("register", _register, register),
    ):
        try:
            setattr(line, name, reader(said, site))
        except Unreadable as error:
            errors[name] = [str(error)]
    if kind not in OtherCash.Kind.values:
        errors["kind"] = ["Say whether it is a deposit or petty cash."]
    if not line.note or len(line.note) > LONGEST_NOTE or "\x00" in line.note:
        errors["note"] = [f"Say what for, or where to, in up to {LONGEST_NOTE:,} characters."]
    if errors:
        raise ValidationError(errors)
    return line


def _date(said: object, site: Site) -> dt.date:
    date = read_date(said)
    latest = latest_date(site, timezone.now())
    if date > latest:
        raise Unreadable(f"It lies in the future: the latest that {site.code} can say is {latest}.")
    if signed_among({(site.pk, date)}):
        raise Unreadable(is_frozen(site.code, date))
    return date


def _amount(said: object, site: Site) -> Decimal:
    amount = read_amount(said)
    if not amount:
        raise Unreadable("Give an amount above 0.")
    return amount


def _register(said: object, site: Site) -> Register | None:
    code = read_text(said, "register", needed=False)
    if not code:
        return None
    register = Register.objects.filter(site=site, code=code).first()
    if register is None:
        raise Unreadable(f"There is no register {code[:40]} at {site.code}: enter it first, or leave it out.")
    return register


@atomic
def withdraw_other_cash(line_id: int, by: User | None, word: str) -> OtherCash:
    """Take a line back, with a word why; it stays, and counts for nothing. Raises ValueError, with a sentence."""
    if not word.strip():
        raise ValueError("Say why: a word is needed.")
    lock_sites([OtherCash.objects.values_list("site", flat=True).get(pk=line_id)])
    line = OtherCash.objects.select_related("site").get(pk=line_id)
    if line.withdrawn_at is not None:
        raise ValueError("This line was withdrawn already.")
    if signed_among({(line.site_id, line.business_date)}):
        raise ValueError(is_frozen(line.site.code, line.business_date))
    line.withdrawn_at = timezone.now()
    line.withdrawn_by = by
    line.withdrawn_because = word.strip()
    line.save(update_fields=["withdrawn_at", "withdrawn_by", "withdrawn_because"])
    touch_sites({(line.site_id, line.business_date)})
    return line
