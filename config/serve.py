"""One process of a system whose servers are elsewhere: what a container runs. See docs/operations.md, "In containers".

    python -m config.serve web | worker [--queues record,derive] | beat
    python -m config.serve alive worker | beat

It becomes the process it names, so that signals reach it. It writes nothing to disk but beat's notes of what it last
did when, which may be lost: what it starts may run twice or late. `alive` exits 1 with a sentence for one that hangs.
"""

import argparse
import os
import socket
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

import redis

from config.services import QUEUES, web_command, worker_command

WORKER = f"worker@{socket.gethostname()}"
# Beat writes its notes every three minutes.
BEAT_SILENT_SECONDS = 600


def notes() -> Path:
    return Path(tempfile.gettempdir()) / "strongroom-beat"


def command(what: str, queues: str) -> list[str]:
    if what == "web":
        # All addresses: of a container, whose ports nobody reaches but the proxy.
        return web_command(os.environ.get("HOST") or "0.0.0.0", int(os.environ.get("PORT") or "8000"))  # noqa: S104
    if what == "worker":
        return worker_command(queues, WORKER)
    celery = [sys.executable, "-m", "celery", "--quiet", "-A", "config", what, "--loglevel", "INFO"]
    return [*celery, "--schedule", str(notes()), "--pidfile="]


def silent(what: str) -> str | None:
    """A sentence when the worker or beat of this container was not heard of."""
    if what == "beat":
        found = [path for path in notes().parent.glob(f"{notes().name}*") if path.is_file()]
        heard = max((path.stat().st_mtime for path in found), default=0.0)
        return None if time.time() - heard < BEAT_SILENT_SECONDS else "Beat has written no notes for ten minutes."
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.production")
    from config import broker  # needs to know which settings

    try:
        with closing(broker.client()) as server:
            heard = server.zscore(broker.WORKERS_KEY, WORKER) or 0.0
            age = server.time()[0] - heard
    except redis.RedisError:
        return "The broker does not answer."
    return None if age < broker.ALIVE_FOR_SECONDS else "The worker has not been heard of."


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m config.serve", description=__doc__)
    parser.add_argument("what", choices=["web", "worker", "beat", "alive"])
    parser.add_argument("of", nargs="?", choices=["worker", "beat"], help="after alive: whom to listen for")
    parser.add_argument("--queues", default=QUEUES, help=f"of a worker; all of them unless told: {QUEUES}")
    chosen = parser.parse_args()
    if (chosen.what == "alive") != (chosen.of is not None):
        parser.error("say whose life is meant after alive, and nothing after anything else")
    if chosen.what == "alive":
        sentence = silent(chosen.of)
        if sentence:
            sys.stderr.write(f"{sentence}\n")
        return 1 if sentence else 0
    words = command(chosen.what, chosen.queues)
    return os.execv(words[0], words)  # noqa: S606 - our own words, and no shell


if __name__ == "__main__":
    sys.exit(main())
