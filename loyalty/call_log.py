"""The log of calls: errors always, and everything while LOYALTY_LOG_CALLS is on. Masked before it is written.

Calls of strangers (401) and throttled ones (429) are in the request log and in the figures alone: they come as often as
somebody likes, and would fill the disk.
"""

from __future__ import annotations

import time
from decimal import Decimal
from typing import Any

import structlog
from django.conf import settings
from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest
from django.utils import timezone

from loyalty.answers import Answer
from loyalty.codes import BlockReason
from loyalty.masking import mask_name, mask_number, mask_path
from loyalty.models import CardCall
from loyalty.parameters import Given
from loyalty.results import Fault
from safes.models import MachineAccount

log = structlog.get_logger(__name__)

_LONGEST_PATH = 200
_NAMES = {
    "value": "NumberOrCode",
    "number": "Number",
    "mobile": "MobileNumber",
    "block_reason": "BlockReasonCode",
    "unblock_reason": "UnBlockReasonCode",
}
_MASKED = ("Number", "MobileNumber", "Code")


def note(request: HttpRequest, account: MachineAccount, given: Given, answer: Answer, begun: float) -> None:
    """Write a call down, if it is one that is. The card was changed before, in a transaction of its own, and the caller
    hears of it whether or not this can be written. ``begun``: by time.perf_counter.
    """
    if answer.key == Fault.TOO_MANY_REQUESTS or not (answer.is_error or settings.LOYALTY_LOG_CALLS):
        return
    duration = Decimal(round((time.perf_counter() - begun) * 10_000)) / 10
    try:
        CardCall.objects.create(
            at=timezone.now(),
            account=account.username,
            role=account.role,
            verb=request.method or "",
            path=mask_path(request.path)[:_LONGEST_PATH],
            parameters=_parameters(given),
            status=answer.status,
            key=answer.key,
            is_error=answer.is_error,
            answer=_masked(answer) if settings.LOYALTY_LOG_CALLS else None,
            duration_ms=min(duration, Decimal("99999999.9")),
        )
    except (DatabaseError, InterfaceError):
        log.exception("card_call_not_logged", account=account.username, key=answer.key, status=answer.status)


def forget_calls() -> int:
    """Forget calls older than LOYALTY_CALLS_KEPT; returns how many."""
    gone, _ = CardCall.objects.filter(at__lt=timezone.now() - settings.LOYALTY_CALLS_KEPT).delete()
    return gone


def _parameters(given: Given) -> dict[str, str]:
    said = {name: getattr(given, field) for field, name in _NAMES.items()}
    return {name: _mask(name, text) for name, text in said.items() if text}


def _mask(name: str, text: str) -> str:
    """Reasons that there are as they are; whatever else somebody sent there is not ours to keep."""
    return text if name.endswith("ReasonCode") and text in BlockReason else mask_number(text)


def _masked(answer: Answer) -> dict[str, Any]:
    """What was answered; the bonuses once, their amounts as text."""
    more: dict[str, Any] = {}
    for name, value in answer.more.items():
        if name in _MASKED:
            more[name] = mask_number(value)
        elif name == "Name":
            more[name] = mask_name(value)
        elif name == "Bonuses":
            more[name] = [
                row | {"Amount": str(row["Amount"]), "ExpireDate": row["ExpireDate"] and row["ExpireDate"].isoformat()}
                for row in value
            ]
        elif name != "BonusesInfo":
            more[name] = value
    return {"Status": not answer.is_error, "Key": answer.key, "Value": answer.sentence, **more}
