"""Machine accounts: making them, and knowing them by what they show. Their secrets are kept as digests alone."""

from __future__ import annotations

import datetime as dt

from django.core.exceptions import ValidationError
from django.db import connection
from django.db.transaction import atomic
from django.utils import timezone

from safes.history import note
from safes.keys import (
    digest_of,
    issue_key,
    lapse_in_words,
    live_keys,
    mark_used,
    match_key,
    refuse_if_changed,
    rotate_key,
)
from safes.models import MachineAccount, MachineKey

_PASSWORD = MachineKey.Scope.ACCOUNT_PASSWORD
_TOKEN = MachineKey.Scope.ACCOUNT_TOKEN
SCOPES = (_TOKEN, _PASSWORD)

_KEY_COLUMNS = (
    "id", "scope", "holder", "digest", "hint", "created_at", "first_used_at", "last_used_at", "lapses_at",
    "lapses_at_once",
)  # fmt: skip
_ACCOUNT_COLUMNS = ("id", "username", "role", "active", "created_at")
# All keys of one account, since whether an old one still lives depends on the newer ones. One query, not one a table.
_KEYS = f"""
    SELECT {", ".join(f"k.{name}" for name in _KEY_COLUMNS)}, {", ".join(f"a.{name}" for name in _ACCOUNT_COLUMNS)}
    FROM {MachineKey._meta.db_table} k JOIN {MachineAccount._meta.db_table} a ON a.id = k.holder
    WHERE a.active AND k.scope = %s
"""
_BY_NAME = _KEYS + "AND upper(a.username) = upper(%s)"
_BY_KEY = (
    _KEYS + f"AND k.holder = (SELECT holder FROM {MachineKey._meta.db_table} WHERE digest = %s AND scope = k.scope)"
)


@atomic
def add_account(username: str, role: str) -> tuple[MachineAccount, str, str]:
    """Make an account; returns it, its password and its token, which are kept nowhere. Raises ValidationError."""
    return create(MachineAccount(username=username, role=role))


@atomic
def create(account: MachineAccount) -> tuple[MachineAccount, str, str]:
    """Store an account that is not stored yet, with its password and its token."""
    if MachineAccount.objects.filter(username__iexact=account.username).exists():
        raise ValidationError(f"There is an account {account.username[:100]} already; choose another name.")
    account.full_clean()
    account.save()
    _, password = issue_key(_PASSWORD, account.pk)
    _, token = issue_key(_TOKEN, account.pk)
    return account, password, token


@atomic
def save(account: MachineAccount) -> MachineAccount:
    """Store what was edited of an account: its role, and whether it is active."""
    MachineAccount.objects.select_for_update(no_key=True).get(pk=account.pk)
    account.full_clean()
    account.save(update_fields=["role", "active"])
    return account


@atomic
def rotate(
    account_id: int, scope: MachineKey.Scope, overlap: dt.timedelta, *, newest_known: int | None = None
) -> tuple[str, dt.datetime]:
    """A new token or password, and the earliest time (UTC) at which those before it lapse; the other goes on.

    ``newest_known`` is the id of the newest key of either kind the caller has seen. Raises ValueError, with a sentence.
    """
    account = MachineAccount.objects.select_for_update(no_key=True).get(pk=account_id)
    refuse_if_changed(SCOPES, account.pk, newest_known)
    key, until = rotate_key(scope, account.pk, overlap)
    what = "token" if scope == _TOKEN else "password"
    note(account, f"{what} changed; those before it {lapse_in_words(until, overlap)}")
    return key, until


def account_of_token(token: str) -> MachineAccount | None:
    """The active account whose live token this is."""
    # Looked up by its digest: how long that takes says nothing about a token whose digest cannot be chosen.
    return _known(_BY_KEY, [_TOKEN, digest_of(token)], token)


def account_of_password(username: str, password: str) -> MachineAccount | None:
    """The active account of that name, whatever its case, if this is a live password of it."""
    if not username.isprintable():  # PostgreSQL refuses some of these
        return None
    return _known(_BY_NAME, [_PASSWORD, username], password)


def _known(query: str, wanted: list[str | bytes], shown: str) -> MachineAccount | None:
    with connection.cursor() as cursor:
        cursor.execute(query, wanted)
        rows = cursor.fetchall()
    now = timezone.now()
    width = len(_KEY_COLUMNS)
    keys = [MachineKey.from_db("default", _KEY_COLUMNS, row[:width]) for row in rows]
    match = match_key(live_keys(keys, now), [shown])
    if match is None:
        return None
    mark_used(match[0], now)
    return MachineAccount.from_db("default", _ACCOUNT_COLUMNS, rows[0][width:])
