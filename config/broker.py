"""Valkey or Redis spoken to directly: whether it answers, and which workers have been heard of lately."""

from contextlib import closing

import redis
import structlog
from django.conf import settings

log = structlog.get_logger(__name__)

# One sorted set, worker name by the broker's own clock, so that machines need not agree on the time.
WORKERS_KEY = "strongroom:workers"
SIGN_EVERY_SECONDS = 3.0
ALIVE_FOR_SECONDS = 15.0


def client(timeout: float = 2.0) -> "redis.Redis":
    """A connection to the broker that gives up after `timeout` seconds."""
    # Celery spells a socket redis+socket://, redis-py unix://.
    url = settings.CELERY_BROKER_URL.replace("redis+socket://", "unix://", 1)
    return redis.Redis.from_url(url, socket_timeout=timeout, socket_connect_timeout=timeout)


def note_worker(name: str) -> None:
    """Never fails: a broker that is away is the worker's own business to wait for."""
    try:
        with closing(client()) as broker:
            now = broker.time()[0]
            broker.zadd(WORKERS_KEY, {name: now})
            broker.zremrangebyscore(WORKERS_KEY, 0, now - 3600)
    except redis.RedisError as error:
        log.warning("the broker did not take the worker's sign of life", worker=name, error=str(error))


def forget_worker(name: str) -> None:
    try:
        with closing(client()) as broker:
            broker.zrem(WORKERS_KEY, name)
    except redis.RedisError as error:
        log.warning("the broker was not told that the worker ends", worker=name, error=str(error))


def forget_all_workers() -> None:
    with closing(client()) as broker:
        broker.delete(WORKERS_KEY)


def living_workers(timeout: float = 2.0) -> int:
    """How many workers were heard of lately. Raises redis.RedisError when the broker does not answer."""
    with closing(client(timeout)) as broker:
        now = broker.time()[0]
        return int(broker.zcount(WORKERS_KEY, now - ALIVE_FOR_SECONDS, "+inf"))
