"""Registers: entering them. Tills nobody entered are made by what comes from them."""

from __future__ import annotations

from django.db.transaction import atomic

from safes.models import Register, Site


@atomic
def keep_register(site: Site, code: str, name: str = "") -> Register:
    """Enter a register, or name the one that is there. Raises ValidationError, with sentences."""
    register = Register.objects.select_for_update(of=("self",)).filter(site=site, code=code).first()
    register = register or Register(site=site, code=code)
    register.name = name
    register.full_clean()
    register.save()
    return register
