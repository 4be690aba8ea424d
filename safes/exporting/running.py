"""The life of an export: asked for, written from the beginning by whoever comes first, kept, fetched, forgotten.

A worker that dies leaves an export that is *running* and locked by nobody: the next turn of the clock begins it anew.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass

import structlog
from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, connection
from django.db.models import Q
from django.db.transaction import atomic
from django.utils import timezone

from safes.exporting import files
from safes.exporting.cells import Cell
from safes.exporting.writers import writer
from safes.models import Export

log = structlog.get_logger(__name__)

_LOCK = 0x45_58_50_54
_ALL = 0
# A person may have so many on their way: each takes a worker's time and room on the disk.
MOST_AT_ONCE = 3
_TELL_EVERY = 1.0
_UNFINISHED = Q(state__in=[Export.State.WAITING, Export.State.RUNNING])


@dataclass(frozen=True, slots=True)
class Table:
    """A list as it is written: headings, and its rows in an order that is the same whenever they are read."""

    headings: Sequence[str]
    rows: Iterable[Sequence[Cell]]


Reader = Callable[[Export], Table]
"""Opens the list of an export for who asked; raises PermissionDenied when they may not see it (any more),

ValueError, with a sentence, when there is no such list.
"""


class ExportError(ValueError):
    """Why a list cannot be asked for, in a sentence."""


@atomic
def ask(by: User, room: str, query: str, format_: str, expected: int) -> Export:
    """Note that a person wants a list as a file. Raises ExportError."""
    if format_ not in Export.Format.values:
        raise ExportError("Ask for CSV or for Excel: there is no other form.")
    longest = Export._meta.get_field("query").max_length or 0
    if len(query) > longest:
        raise ExportError(f"The filters of this list are longer than {longest:,} characters: ask for less at once.")
    User.objects.select_for_update(no_key=True).get(pk=by.pk)
    if Export.objects.filter(_UNFINISHED, by=by).count() >= MOST_AT_ONCE:
        raise ExportError(f"You have {MOST_AT_ONCE} files on their way already: wait until one of them is done.")
    return Export.objects.create(by=by, room=room, query=query, format=format_, expected=expected)


def write_due(read: Reader) -> int:
    """Write what waits, and what a worker that died left behind; one after the other, and nobody else meanwhile."""
    written = 0
    for export in Export.objects.filter(_UNFINISHED).order_by("asked_at", "pk"):
        if not write(export, read, _ALL):
            break
        written += 1
    return written


def write(export: Export, read: Reader, *locks: int) -> bool:
    """Write one from the beginning; False when somebody is at it or it is done. What goes wrong is told to who asked.

    Within one transaction, by one cursor of it. How far it is, others see by a connection of its own.
    """
    with closing(connection.copy()) as beside:
        try:
            with atomic():
                if not all(map(_hold, (*locks, export.pk))):
                    return False
                export.refresh_from_db()
                if export.state not in (Export.State.WAITING, Export.State.RUNNING):
                    return False
                _write(export, read, _Progress(export, beside))
        except DatabaseError:
            raise  # away, most likely: the clock comes round
        except PermissionDenied:
            _fail(export, "You may not see this list any more. Ask a supervisor for the right to it.")
        except ValueError as error:
            _fail(export, str(error))
        except OSError as error:
            log.exception("export_not_kept", export=export.pk)
            why = error.strerror or type(error).__name__
            _fail(export, f"The file could not be kept ({why}). Tell who looks after the system, and ask again.")
        except Exception:  # a bug in a column must not be tried for ever, and who asked must hear of it
            log.exception("export_failed", export=export.pk)
            _fail(
                export,
                f"It could not be written, by a mistake of this system. Its log has it under export {export.pk}: tell "
                "who looks after it.",
            )
    return True


def forget_old() -> int:
    """Delete the files whose time is over, and say how many."""
    over = timezone.now() - settings.EXPORTS_KEPT
    old = Export.objects.filter(asked_at__lt=over)
    gone = 0
    for export in old.exclude(stored_as=""):
        files.delete(export)  # before its row says so: after a crash the next turn deletes nothing, and says so
        Export.objects.filter(pk=export.pk).update(stored_as="")
        gone += 1
    return gone


def gone_after(export: Export) -> dt.datetime:
    """When its file is deleted, in UTC."""
    kept: dt.timedelta = settings.EXPORTS_KEPT
    return export.asked_at + kept


class _Progress:
    def __init__(self, export: Export, beside: object) -> None:
        self._export, self._beside = export, beside
        self._told = time.monotonic()

    def begin(self) -> None:
        self._say("state = 'running', started_at = %s, written = 0", [timezone.now()])

    def count(self, rows: Iterable[Sequence[Cell]]) -> Iterator[Sequence[Cell]]:
        for number, row in enumerate(rows):
            if number % 500 == 0 and time.monotonic() - self._told > _TELL_EVERY:
                self._told = time.monotonic()
                self._say("written = %s", [number])
            yield row

    def _say(self, what: str, values: list[object]) -> None:
        with self._beside.cursor() as cursor:  # type: ignore[attr-defined]
            cursor.execute(f"UPDATE {Export._meta.db_table} SET {what} WHERE id = %s", [*values, self._export.pk])


def _write(export: Export, read: Reader, progress: _Progress) -> None:
    progress.begin()
    with connection.cursor() as cursor:
        # All of it will be fetched: left to itself the planner walks to the first rows fast, and then through all years
        # for the last ones.
        cursor.execute("SET LOCAL cursor_tuple_fraction = 1")
    table = read(export)
    with files.scratch_of(export) as scratch, open(scratch / "file", "w+b") as file:
        into = writer(export.format, file, table.headings, scratch)
        number = 0
        for number, row in enumerate(progress.count(table.rows), start=1):  # noqa: B007 - how many there were
            into.write(row)
        into.close()
        size = file.seek(0, 2)
        kept = files.keep(export, file)
    Export.objects.filter(pk=export.pk).update(
        state=Export.State.DONE, finished_at=timezone.now(), written=number, size=size, stored_as=kept, said=""
    )


def _fail(export: Export, why: str) -> None:
    Export.objects.filter(_UNFINISHED, pk=export.pk).update(
        state=Export.State.FAILED, finished_at=timezone.now(), said=why[:500]
    )


def _hold(number: int) -> bool:
    """Hold a lock until the transaction ends, however that is; False when another holds it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", [_LOCK, number % (1 << 31)])
        (held,) = cursor.fetchone()
        return bool(held)
