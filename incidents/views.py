"""What Loomis calls. Machine paths: no session, no cookie, no CSRF token; the key decides."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt


@csrf_exempt
def updates(request: HttpRequest, account: str) -> HttpResponse:
    """POST /api/loomis/incidents/{account}: ACK, NAK, Accept, Close or Cancel."""
    return JsonResponse({"error": "There is no such account."}, status=401)
