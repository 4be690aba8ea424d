"""Works begun at the same moment by many, each with a connection of its own."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from django.db import connection


def at_once(*works: Callable[[], object]) -> list[Any]:
    """Everything begun at the same moment, each on its own connection; what came of it, in order."""
    everybody_ready = Barrier(len(works))

    def do(work: Callable[[], object]) -> object:
        try:
            everybody_ready.wait()
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(works)) as pool:
        return [done.result() for done in [pool.submit(do, work) for work in works]]
