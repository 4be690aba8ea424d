"""Registers: entering them, and confirming those that takings made. Tills nobody entered are made by what they send."""

from __future__ import annotations

from django.db.transaction import atomic

from safes.estate import lock_sites
from safes.findings import settle
from safes.models import Finding, Register, Site


def unknown_subject(site: Site, code: str) -> str:
    """What the finding about a register that takings made is about; transactions.reconciliation.sites opens it."""
    return f"{site.code} {code}"


@atomic
def keep_register(site: Site, code: str, name: str = "") -> Register:
    """Enter a register, or name the one that is there; a person does, so that there is one is confirmed by it.

    Raises ValidationError, with sentences.
    """
    lock_sites([site.pk])
    register = Register.objects.select_for_update(of=("self",)).filter(site=site, code=code).first()
    register = register or Register(site=site, code=code)
    register.name = name
    register.confirmed = True
    register.full_clean()
    register.save()
    _close_unknown(site, code)
    return register


@atomic
def confirm_register(register_id: int) -> bool:
    """A person says that a register which takings made is one; False if that was said already."""
    register = Register.objects.select_related("site").get(pk=register_id)
    # Under this lock the finding is opened, so that none opens of what was seen before.
    lock_sites([register.site_id])
    register.refresh_from_db(fields=["confirmed"])
    if register.confirmed:
        return False
    register.confirmed = True
    register.save(update_fields=["confirmed"])
    _close_unknown(register.site, register.code)
    return True


def _close_unknown(site: Site, code: str) -> None:
    subject = unknown_subject(site, code)
    if Finding.objects.filter(kind="unknown_register", subject=subject).exists():
        settle("unknown_register", {subject: None})
