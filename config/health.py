"""Whether this process lives (/healthz) and whether a push and a log-in would work (/readyz)."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as DeadlineError
from functools import cache

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from config import broker
from config.metrics import metrics

# A server that hangs holds its check's thread, not the request. Few threads: probes that find them all waiting
# get the same answer, late.
_threads = ThreadPoolExecutor(max_workers=4, thread_name_prefix="readyz")


@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """200 while this process answers; asks nobody else."""
    return JsonResponse({"status": "ok"})


@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """200 when everything needed answers, else 503; the body says what is missing, without addresses or causes."""
    pending = {name: _threads.submit(check) for name, check in CHECKS.items()}
    results = {}
    for name, future in pending.items():
        try:
            results.update(future.result(timeout=settings.READY_CHECK_SECONDS))
        except DeadlineError:
            future.cancel()
            results[name] = "does not answer"
    missing = sorted(name for name, state in results.items() if state != "ok")
    said = [SENTENCES[name, state] for name, state in results.items() if state not in ("ok", "unknown")]
    body = {"status": "unready" if missing else "ok", "checks": results, "missing": missing, "sentences": said}
    return JsonResponse(body, status=503 if missing else 200)


@cache
def _wanted_migrations() -> frozenset[tuple[str, str]]:
    """The last migration of each app, as this process knows them: read once, since a probe comes every few seconds."""
    return frozenset(MigrationLoader(None).graph.leaf_nodes())


def _database() -> dict[str, str]:
    try:
        unapplied = _wanted_migrations() - MigrationRecorder(connection).applied_migrations().keys()
    except DatabaseError:
        return {"database": "does not answer", "migrations": "unknown"}
    finally:
        connection.close()  # the thread's own; it would not be seen to by Django's request signals
    return {"database": "ok", "migrations": "unapplied" if unapplied else "ok"}


def _broker() -> dict[str, str]:
    try:
        alive = broker.living_workers()
    except redis.RedisError:
        return {"broker": "does not answer", "worker": "unknown"}
    return {"broker": "ok", "worker": "ok" if alive else "none heard of"}


SENTENCES = {
    ("database", "does not answer"): (
        "PostgreSQL does not answer: pushes get 503, and Loomis comes again. Look at its log, then at DATABASE_URL."
    ),
    ("migrations", "unapplied"): (
        "Code and tables differ: run `manage.py migrate` with this version, or start the version that was migrated."
    ),
    ("broker", "does not answer"): (
        "Valkey does not answer: pushes are stored and recorded, other work waits. Look at its log, then at REDIS_URL."
    ),
    ("worker", "none heard of"): (
        f"No worker was heard of for {broker.ALIVE_FOR_SECONDS:g} seconds: start one, or look at what it says."
    ),
}

# Answered before anything that judges a request by its host or scheme (config.middleware): a probe asks by address,
# from inside, without the proxy.
VIEWS = {"/healthz": healthz, "/readyz": readyz, "/metrics": metrics}

CHECKS: dict[str, Callable[[], dict[str, str]]] = {"database": _database, "broker": _broker}
