"""What a look-up of a card costs at the least: a bare view with the same look-up in raw SQL, on the same server.

Nobody is asked who they are, nothing is counted, masked or checked. For benchmarks alone: no settings but
`tests.bench.bare_settings` route it.
"""

from __future__ import annotations

from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path

from config import urls

_LOOK_UP = """
    SELECT card.number, card.status, card.category, card.type, contact.mobile_number, contact.code, contact.name,
        (SELECT json_agg(json_build_array(type, remaining, burnt, active_from, expires_on))
         FROM loyalty_lot WHERE card_id = card.id)
    FROM loyalty_card card LEFT JOIN loyalty_contact contact ON contact.id = card.contact_id WHERE card.number = %s
"""
_NAMES = ("number", "status", "category", "type", "mobile_number", "code", "name", "lots")


def bare(request: HttpRequest, number: str) -> HttpResponse:
    with connection.cursor() as cursor:
        cursor.execute(_LOOK_UP, [number])
        row = cursor.fetchone()
    return JsonResponse(dict(zip(_NAMES, row, strict=True)))


handler400, handler403, handler404, handler500 = urls.handler400, urls.handler403, urls.handler404, urls.handler500
urlpatterns = [path("bench/bare/<str:number>", bare), *urls.urlpatterns]
