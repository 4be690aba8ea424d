"""What Loomis calls. Machine paths: no session, no cookie, no CSRF token; the key decides."""

from __future__ import annotations

import time

import structlog
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from incidents.intake import Taken, take_in
from incidents.models import IncidentMessage, LoomisAccount
from safes.keys import live_keys, mark_used, match_key
from safes.machine_door import BrokenOff, TooLarge, mask, read_body, shown_in_header
from safes.models import MachineKey

log = structlog.get_logger(__name__)

# An update has a kilobyte; after decompression.
MAX_BODY_BYTES = 1 << 20


@csrf_exempt
def updates(request: HttpRequest, account: str) -> HttpResponse:
    """POST /api/loomis/incidents/{account}: ACK, NAK, Accept, Close or Cancel. CONTRACT.md, "HTTP".

    200 once it is durable and applied, or durable alone where applying it failed; 400 for what can be applied to
    nothing, which is kept too; 401 for a wrong key and an unknown account alike; 405, 413; 503 when it was not stored.
    """
    begun = time.perf_counter()
    if request.method != "POST":
        return JsonResponse({"error": "Send updates with POST."}, status=405, headers={"Allow": "POST"})
    try:
        found = _let_in(request, account)
        if found is None:
            return JsonResponse(
                {"error": "The key is wrong or missing, or there is no such account."},
                status=401,
                headers={"WWW-Authenticate": 'Bearer realm="updates"'},
            )
        holder, shown = found
        body = mask(read_body(request, MAX_BODY_BYTES), shown)
        return _answer(take_in(holder, body, IncidentMessage.Via.UPDATE, begun=begun))
    except TooLarge:
        return JsonResponse({"error": f"The body is larger than {MAX_BODY_BYTES} bytes."}, status=413)
    except BrokenOff as broken:
        return JsonResponse({"error": str(broken)}, status=400)
    except DatabaseError:
        log.exception("update_not_stored", account=account[:60])
        return JsonResponse(
            {"error": "The update could not be stored just now; send it again."},
            status=503,
            headers={"Retry-After": "30"},
        )


def _let_in(request: HttpRequest, name: str) -> tuple[LoomisAccount, str] | None:
    """The account, whose key was shown, and that key. One that is inactive sends nothing, but is still spoken to."""
    if not name.isprintable():
        return None
    account = LoomisAccount.objects.filter(name=name).first()
    if account is None:
        log.warning("update_for_unknown_account")
        return None
    now = timezone.now()
    keys = MachineKey.objects.filter(scope=MachineKey.Scope.INCIDENT_UPDATES, holder=account.pk)
    match = match_key(live_keys(keys, now), [shown_in_header(request, account.key_name)])
    if match is None:
        log.warning("update_with_wrong_key", account=account.name)
        return None
    key, shown = match
    mark_used(key, now)
    return account, shown


def _answer(taken: Taken) -> JsonResponse:
    if taken.error:
        said = {"error": taken.error, "fields": list(taken.missing), "message": taken.message}
        return JsonResponse(said, status=400)
    return JsonResponse(
        {
            "message": taken.message,
            "incident": taken.incident,
            "state": taken.state,
            "warnings": list(taken.warnings),
        }
    )
