"""What Loomis calls. Machine paths: no session, no cookie, no CSRF token; the key decides."""

from __future__ import annotations

import structlog
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from safes.keys import match_key
from safes.machine_door import BrokenOff, TooLarge, mask, read_body, shown_in_header
from transactions import receiving, turned_away
from transactions.deliveries import record_delivery
from transactions.drawing import draw_if_little, tell_worker
from transactions.metrics import REFUSED
from transactions.models import Delivery, PushEndpoint

log = structlog.get_logger(__name__)

# Kept with a delivery: what helps to find out what Loomis sent. Nothing else, so that no key gets in by another name.
_KEPT_HEADERS = (
    "Content-Type",
    "Content-Length",
    "Content-Encoding",
    "Transfer-Encoding",
    "User-Agent",
    "Date",
)


class _Refused(Exception):
    """An answer other than 200, and the sentence in it."""

    def __init__(self, status: int, error: str, **headers: str) -> None:
        super().__init__(error)
        self.status, self.error, self.headers = status, error, headers


@csrf_exempt
def push(request: HttpRequest, endpoint: str) -> HttpResponse:
    """POST /api/loomis/transactions/{endpoint}: a push. 200 once its body is durable, whatever the body is.

    Anything but 200 makes Loomis try again for 24 hours: 401 for a key that is not right or an endpoint that is not
    there, 405, 413 over the size limit, and 503 when the raw body could not be written.
    """
    if request.method != "POST":
        return JsonResponse({"error": "Push with POST."}, status=405, headers={"Allow": "POST"})
    try:
        arrival, stored = _let_in(request, endpoint)
    except _Refused as refused:
        return JsonResponse({"error": refused.error}, status=refused.status, headers=refused.headers)
    except DatabaseError:
        log.exception("push_not_stored", endpoint=endpoint[:60])
        REFUSED.add(endpoint="", reason="not_stored")
        return JsonResponse(
            {"error": "The push could not be stored just now; send it again."},
            status=503,
            headers={"Retry-After": "30"},
        )
    return _answer(arrival, stored)


def _let_in(request: HttpRequest, name: str) -> tuple[receiving.Arrival, receiving.Stored]:
    """Authenticate a push and put it on disk. Raises _Refused, with nothing stored."""
    found = receiving.find_endpoint(name)
    if found is None:
        log.warning("push_to_unknown_endpoint")
        REFUSED.add(endpoint="", reason="unknown_endpoint")
        raise _unauthorised()
    endpoint, keys = found
    in_body = endpoint.placement in (PushEndpoint.Placement.BODY, PushEndpoint.Placement.METADATA)
    match = None if in_body else match_key(keys, _shown(request, endpoint))
    if match is None and not in_body:
        turned_away.wrong_key(endpoint)
        raise _unauthorised()
    body = _body(request, endpoint)
    if in_body:
        match = receiving.match_in_body(endpoint, keys, body)
    if match is None:
        turned_away.wrong_key(endpoint)
        raise _unauthorised()
    key, shown = match
    headers = {name: value[:500] for name in _KEPT_HEADERS if (value := request.headers.get(name))}
    arrival = receiving.Arrival(mask(body, shown), receiving.digest_of(body), headers)
    return arrival, receiving.store(endpoint, key, arrival)


def _body(request: HttpRequest, endpoint: PushEndpoint) -> bytes:
    """The body, unpacked. Raises _Refused with 413, and counts, when it is over the limit."""
    limit = receiving.body_limit(endpoint)
    try:
        return read_body(request, limit)
    except BrokenOff as broken:
        raise _Refused(400, str(broken)) from None
    except TooLarge:
        turned_away.too_large(endpoint)
        raise _Refused(413, f"The body is larger than {limit} bytes; send smaller batches.") from None


def _unauthorised() -> _Refused:
    return _Refused(
        401,
        "The key is wrong or missing, or there is no such endpoint.",
        **{"WWW-Authenticate": 'Bearer realm="push"'},
    )


def _shown(request: HttpRequest, endpoint: PushEndpoint) -> list[str]:
    """What was sent where the key should be."""
    if endpoint.placement == PushEndpoint.Placement.QUERY:
        wanted = endpoint.key_name.lower()
        return [value for name in request.GET if name.lower() == wanted for value in request.GET.getlist(name)][:20]
    return [shown_in_header(request, endpoint.key_name)]


class _MuchToDraw(JsonResponse):
    """An answer that leaves the drawing to the worker, who is told once it is sent: Loomis need not wait for that."""

    def close(self) -> None:
        super().close()
        tell_worker()


def _answer(arrival: receiving.Arrival, stored: receiving.Stored) -> HttpResponse:
    """Record what was stored, if that can be done now, and say what came of it."""
    first: Delivery | None = stored.first
    answer = JsonResponse
    try:
        if stored.first.status in (Delivery.Status.STORED, Delivery.Status.FAILED):
            first = record_delivery(stored.first_id, body=arrival.body)
            answer = JsonResponse if draw_if_little() else _MuchToDraw
    except DatabaseError:
        # The bytes are on disk; the worker goes on when the database is back.
        log.exception("push_not_recorded_yet", delivery=stored.first_id)
        first = None
    return answer({"delivery": stored.delivery_id, **_outcome(first, stored.is_repeat)})


def _outcome(first: Delivery | None, is_repeat: bool) -> dict[str, object]:
    if first is None or first.recorded_at is None:
        return {"status": "stored", "received": None, "created": None, "known": None, "quarantined": None}
    received, quarantined = first.received or 0, first.quarantined or 0
    if is_repeat:
        status, created, known = Delivery.Status.DUPLICATE.value, 0, received - quarantined
    else:
        status, created, known = first.status, first.created or 0, first.known or 0
    return {"status": status, "received": received, "created": created, "known": known, "quarantined": quarantined}
