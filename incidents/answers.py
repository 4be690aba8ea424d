"""Fetching Loomis's answers: files in the folder from_loomis of an account's SFTP server.

A file is taken in once it is whole: it ends as XML does, or its size stood still since the last look. It is kept first
and deleted there afterwards, so a worker that dies in between takes it in twice, which is harmless. One that is
kept and cannot be deleted is not taken in at each look: its name, size and time are noted.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils import timezone

from incidents.intake import take_in
from incidents.models import IncidentMessage, LoomisAccount
from incidents.transports.sftp import FROM_LOOMIS, folder_of
from incidents.wire.atm_xml import LARGEST, is_whole
from safes.remote import Entry, Place, PlaceError, connect
from safes.sealing import Unreadable, unseal

# At most so many files in one look: what is taken in is on its way at once, and the rest is next.
MOST_FILES = 500
_LOCK = 7_304_552  # of a session of the database, with the account's id: a worker that dies gives it back


def due_accounts() -> list[int]:
    """The accounts whose folder is to be looked through; two looks at once are kept apart by `poll`."""
    found = LoomisAccount.objects.filter(active=True, transport=LoomisAccount.Transport.SFTP)
    return list(found.values_list("pk", flat=True))


def poll(account_id: int) -> int:
    """Take in what lies in an account's folder; how many files, 0 when somebody else is at it. Says how it went."""
    with _alone(account_id) as is_mine:
        if not is_mine:
            return 0
        account = LoomisAccount.objects.get(pk=account_id)
        seen: dict[str, Any] = dict(account.seen_files)
        taken, troubles = 0, list[str]()
        try:
            with connect(
                folder_of(account.dispatch_url, FROM_LOOMIS),
                password=unseal(account.sealed_credential),
                host_key=account.host_key,
                seconds=settings.INCIDENT_TIMEOUT_SECONDS,
            ) as place:
                taken = _look_through(account, place, seen, troubles)
        except (PlaceError, Unreadable, ValueError) as error:
            troubles.insert(0, str(error))
        LoomisAccount.objects.filter(pk=account_id).update(
            polled_at=timezone.now(), poll_error=" ".join(troubles)[:2000], seen_files=seen
        )
        return taken


def _look_through(account: LoomisAccount, place: Place, seen: dict[str, Any], troubles: list[str]) -> int:
    """Take in each file that is whole. ``seen``: what is noted of each, brought in step; errors of one are noted."""
    entries = [one for one in place.entries() if _is_ours(one.name)]
    for name in set(seen) - {one.name for one in entries}:
        del seen[name]
    taken = 0
    for entry in entries[:MOST_FILES]:
        try:
            taken += _take(account, place, entry, seen)
        except PlaceError as error:
            troubles.append(f"{entry.name}: {error}")
            if error.broken:
                break
    return taken


def _take(account: LoomisAccount, place: Place, entry: Entry, seen: dict[str, Any]) -> bool:
    if entry.size > LARGEST:
        raise PlaceError(f"It is larger than {LARGEST:,} bytes, and no answer of Loomis's: it is left where it is.")
    look = [entry.size, str(entry.modified_at)]
    before = seen.get(entry.name)
    if before == {"taken": look}:
        place.delete(entry.name)
        return False
    into = io.BytesIO()
    place.fetch(entry.name, into, most=LARGEST)
    body = into.getvalue()
    if not is_whole(body) and before != {"growing": look}:
        seen[entry.name] = {"growing": look}
        return False
    take_in(account, body, IncidentMessage.Via.FILE, file_name=entry.name)
    # Where it cannot be deleted, it is known at the next look.
    seen[entry.name] = {"taken": look}
    place.delete(entry.name)
    del seen[entry.name]
    return True


def _is_ours(name: str) -> bool:
    return name.lower().endswith(".xml") and not name.startswith(".")


@contextmanager
def _alone(account_id: int) -> Iterator[bool]:
    """Whether nobody else looks through this account's folder, who then does not until the block is through."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [_LOCK, account_id])
        is_mine = bool(cursor.fetchone()[0])
    try:
        yield is_mine
    finally:
        if is_mine:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [_LOCK, account_id])
