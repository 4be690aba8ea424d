"""A schema of its own in which recording and drawing work on copies, and which is gone afterwards. docs/decisions/0013.

Within it no other table is in sight, so that whatever is asked for and not copied is an error, never a live row.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import connection
from django.db.transaction import atomic

from safes.models import Safe
from transactions.models import Delivery
from transactions.verifying.tables import COPIED, READ, REBUILT, SEEN, Model, columns_of

_PREFIX = "strongroom_verify_"
_LOCK = 0x56_45_52_59
# Ids that are made here are told from those that are copied, also from copies that come later.
APART = 1 << 40
# The deliveries that are in the books, and whether they have been read again; in the schema, beside the copies.
TO_READ = "deliveries_to_read"


@dataclass(frozen=True, slots=True)
class Scratch:
    """``schema`` is where things are rebuilt, ``books`` the schema of the live tables."""

    schema: str
    books: str

    @contextmanager
    def inside(self) -> Iterator[None]:
        """A transaction in which the tables of this schema are the only ones.

        The setting is of the transaction alone: a connection that is pooled goes back as it came.
        """
        with atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT set_config('search_path', %s, true)", [self.schema])
            # Nothing here must outlast a crash.
            cursor.execute("SET LOCAL synchronous_commit = off")
            yield
            cursor.execute("SELECT set_config('search_path', %s, true)", [self.books])

    def copy_inputs(self) -> None:
        """Take over what people said, what the estate is, and which deliveries are in the books; within a snapshot."""
        columns = list(columns_of(Delivery).values())
        taken = ", ".join(_FORGOTTEN.get(column, f"d.{column}") for column in columns)
        with connection.cursor() as cursor:
            for model in COPIED:
                table = model._meta.db_table
                # A safe that only what was read again speaks of is in the copy alone, and stays.
                kept = f" WHERE id < {APART}" if model is Safe else ""
                cursor.execute(f"DELETE FROM {self.schema}.{table}{kept}")
                cursor.execute(f"INSERT INTO {self.schema}.{table} {_OVER} SELECT * FROM {self.books}.{table}")
            cursor.execute(
                f"""
                INSERT INTO {self.schema}.{_DELIVERIES} ({", ".join(columns)}) {_OVER}
                SELECT {taken} FROM {self.books}.{_DELIVERIES} d
                WHERE NOT EXISTS (SELECT 1 FROM {self.schema}.{_DELIVERIES} known WHERE known.id = d.id)
                """
            )
            cursor.execute(
                f"INSERT INTO {self.schema}.{TO_READ} (id) SELECT id FROM {self.books}.{_DELIVERIES} "
                "WHERE recorded_at IS NOT NULL AND repeat_of_id IS NULL ON CONFLICT DO NOTHING"
            )

    def analyze(self) -> None:
        """Let the planner know what is there now: it has never seen these tables."""
        with connection.cursor() as cursor:
            for model in [*COPIED, *READ, *REBUILT]:
                cursor.execute(f"ANALYZE {self.schema}.{model._meta.db_table}")


@contextmanager
def snapshot() -> Iterator[None]:
    """A transaction that sees everything as of one moment."""
    with atomic(durable=True), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        yield


_OVER = "OVERRIDING SYSTEM VALUE"
_DELIVERIES = Delivery._meta.db_table
# What was made of a delivery is to be found out.
_FORGOTTEN = {"message_id": "NULL", "recorded_at": "NULL", "received": "NULL", "quarantined": "NULL"}


@contextmanager
def scratch_schema() -> Iterator[Scratch]:
    """Make the schema and its empty tables, and drop it at the end, however it ends."""
    drop_leftovers()
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_schema()")
        scratch = Scratch(f"{_PREFIX}{secrets.randbits(31)}", cursor.fetchone()[0])
    with _kept(scratch.schema):
        try:
            _make(scratch)
            yield scratch
        finally:
            _drop(scratch.schema)


def drop_leftovers() -> list[str]:
    """Drop what runs that were killed have left; those that are under way hold the lock on theirs."""
    dropped = []
    with atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT nspname FROM pg_namespace WHERE starts_with(nspname, %s)", [_PREFIX])
        for (schema,) in cursor.fetchall():
            cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", [_LOCK, _number(schema)])
            if cursor.fetchone()[0]:
                _drop(schema)
                dropped.append(schema)
    return dropped


@contextmanager
def _kept(schema: str) -> Iterator[None]:
    """Hold the lock that says that somebody is at work here, on a connection of its own: it goes when we go."""
    keeper = connection.copy()
    try:
        keeper.set_autocommit(False)
        with keeper.cursor() as cursor:
            cursor.execute("SET idle_in_transaction_session_timeout = 0")
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_LOCK, _number(schema)])
        yield
    finally:
        keeper.close()


def _number(schema: str) -> int:
    number = schema.removeprefix(_PREFIX)
    return int(number) if number.isascii() and number.isdigit() and len(number) <= 10 else 0


def _make(scratch: Scratch) -> None:
    with atomic(), connection.cursor() as cursor:
        cursor.execute(f"CREATE SCHEMA {scratch.schema}")
        for model in [*COPIED, *READ, *REBUILT]:
            table = model._meta.db_table
            # What is lost with a crash is nothing that anybody keeps.
            cursor.execute(
                f"CREATE UNLOGGED TABLE {scratch.schema}.{table} (LIKE {scratch.books}.{table} INCLUDING ALL)"
            )
            _number_apart(scratch, model)
        cursor.execute(
            f"CREATE UNLOGGED TABLE {scratch.schema}.{TO_READ} (id bigint PRIMARY KEY, read bool DEFAULT false)"
        )
        for model in SEEN:
            table = model._meta.db_table
            # With an offset a view cannot be written to.
            cursor.execute(f"CREATE VIEW {scratch.schema}.{table} AS SELECT * FROM {scratch.books}.{table} OFFSET 0")


def _number_apart(scratch: Scratch, model: Model) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT s.seqrelid::regclass::text FROM pg_sequence s JOIN pg_depend d ON d.objid = s.seqrelid "
            "WHERE d.refobjid = %s::regclass AND d.deptype = 'i' AND s.seqtypid = 'bigint'::regtype",
            [f"{scratch.schema}.{model._meta.db_table}"],
        )
        for (sequence,) in cursor.fetchall():
            cursor.execute("SELECT setval(%s, %s)", [sequence, APART])


def _drop(schema: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"DROP SCHEMA IF EXISTS {schema} CASCADE")
