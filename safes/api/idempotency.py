"""Calls that may be repeated: the same Idempotency-Key with the same request is answered as the first time.

A door that writes wraps its work in ``once``. The key, the work and the answer are one transaction: a call that fails
or breaks off leaves nothing, its key neither, and can be made again. Calls at once with one key come one after the
other; the first works, the others get its answer.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
from collections.abc import Callable
from typing import Any

from django.db import connection
from django.db.transaction import atomic
from django.utils import timezone
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from safes.models import IdempotentCall

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
# How long a key is remembered, at least; a till that was off over a holiday finds its answer.
REMEMBERED = dt.timedelta(days=30)

_KEY = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]{0,253}[\x21-\x7e])?", re.ASCII)

Answer = tuple[int, Any]
"""Status and what JSON says."""


class Conflict(APIException):
    status_code = 409
    default_detail = "This Idempotency-Key came with another request before: give each request a key of its own."


def once(request: Request, work: Callable[[], Answer]) -> Response:
    """Do the work, unless this account was answered to it under the same key before; then give that answer again.

    It is 200 then, where it was 201.
    Raises Conflict where the key came with another request, ValidationError for a key that is none, and whatever the
    work raises.
    """
    key = request.headers.get(HEADER)
    if key is None:
        with atomic():
            status, answer = work()
        return Response(answer, status=status)
    if not _KEY.fullmatch(key):
        raise ValidationError({HEADER: ["Give 1 to 255 plain characters, none of them a space at an end."]})
    digest = _digest(request)
    with atomic():
        call = _claim(request.user.pk, key, digest)
        if bytes(call.digest) != digest:
            raise Conflict
        if call.status is not None:
            # CONTRACT.md, "Incidents": nothing is made by a repeat.
            status = 200 if call.status == 201 else call.status
            return Response(json.loads(call.answer), status=status, headers={REPLAYED: "true"})
        call.status, answer = work()
        call.answer = JSONRenderer().render(answer).decode()
        call.save(update_fields=["status", "answer"])
    return Response(answer, status=call.status)


def _claim(account_id: int, key: str, digest: bytes) -> IdempotentCall:
    """The row of this key, made if it is new: whoever else makes it waits in the INSERT until our transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            INSERT INTO {IdempotentCall._meta.db_table} (account_id, key, digest, answer, called_at)
            VALUES (%s, %s, %s, '', %s)
            ON CONFLICT (account_id, key) DO NOTHING
            """,
            [account_id, key, digest, timezone.now()],
        )
    return IdempotentCall.objects.get(account=account_id, key=key)


def _digest(request: Request) -> bytes:
    """Of what makes two requests the same: method, address, query and the bytes of the body."""
    parts = [request.method, request.path.rstrip("/"), request.META.get("QUERY_STRING", "")]
    return hashlib.sha256("\n".join(parts).encode("utf-8", "surrogateescape") + b"\n\n" + request.body).digest()


def forget_calls() -> int:
    """Delete what is no longer remembered, and say how much. By the clock; twice at once does no harm."""
    old = IdempotentCall.objects.filter(called_at__lt=timezone.now() - REMEMBERED)
    forgotten, _ = old.delete()
    return forgotten
