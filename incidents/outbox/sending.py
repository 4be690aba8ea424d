"""Draining the outbox: some tries at a time, each without a transaction open while it is on its way."""

from __future__ import annotations

import datetime as dt
import mmap
import time
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

import structlog
from django.conf import settings
from django.db import connection

from incidents.models import LoomisAccount
from incidents.outbox.claiming import LANES, Claimed, claim
from incidents.outbox.outcomes import conclude
from incidents.transports import http, sftp
from incidents.transports.judging import Outcome, Result
from safes.sealing import Unreadable, unseal

log = structlog.get_logger(__name__)

# How often a drain looks whether something new is due while its lanes are busy, seconds.
LOOK_AGAIN = 0.1
# After this a drain hands over to another, so that no task outlives the broker's patience; seconds.
LONGEST_TURN = 120.0
# Shared with the worker's children, who are forked after this was read: they do not hear that the worker is to end.
_ending = mmap.mmap(-1, 1)


def begin_to_end() -> None:
    """Let every drain of this worker end what is under way, and claim nothing more."""
    _ending[0] = 1


def drain() -> bool:
    """Send what is due, until nothing is. True when it ended before that, for its turn was over."""
    began = time.monotonic()
    under_way: set[Future[None]] = set()
    with ThreadPoolExecutor(LANES, thread_name_prefix="dispatch") as lanes:
        while True:
            is_over = time.monotonic() - began > LONGEST_TURN
            while not (is_over or _ending[0]) and len(under_way) < LANES and (claimed := claim()):
                under_way.add(lanes.submit(_try, claimed))
            if not under_way:
                return is_over
            done, under_way = wait(under_way, timeout=LOOK_AGAIN, return_when=FIRST_COMPLETED)
            for one in done:
                # The next is sent nevertheless; what is left of this one is for the sweep.
                if error := one.exception():
                    log.error("incident_try_failed", exc_info=error)


def _try(claimed: Claimed) -> None:
    try:
        began = time.monotonic()
        result = send(claimed)
        conclude(claimed.attempt_id, result, dt.timedelta(seconds=time.monotonic() - began))
    finally:
        connection.close()  # of this thread, which ends with its drain


def send(claimed: Claimed) -> Result:
    """Make a try that was claimed. Errors of the far end are results, never raised."""
    account, message = claimed.account, claimed.message
    seconds = settings.INCIDENT_TIMEOUT_SECONDS
    try:
        credential = unseal(account.sealed_credential)
    except Unreadable as error:
        return Result(Outcome.NOT_ARRIVED, str(error))
    if account.transport == LoomisAccount.Transport.SFTP:
        file = sftp.Upload(account.dispatch_url, credential, account.host_key, message.file_name, message.body)
        return sftp.upload(file, seconds)
    header = (account.auth_header, credential.strip()) if account.auth_header and credential.strip() else None
    return http.post(http.Request(account.dispatch_url, message.body, header), account.dialect, seconds)
