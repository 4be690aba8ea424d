"""Raw bodies on their way out: the exact bytes, as a file that no browser runs."""

from __future__ import annotations

from django.http import FileResponse, HttpResponse
from django.http.response import HttpResponseBase

from transactions.bodies import open_body
from transactions.models import Delivery

_TYPE = "application/octet-stream"


def raw_response(delivery: Delivery, name: str) -> HttpResponseBase:
    """The body of a delivery to be saved as ``name``, an ASCII name; a file's in pieces, whatever its size.

    Raises Purged or Missing, with a sentence, before anything is sent.
    """
    content = open_body(delivery)
    response: HttpResponseBase
    if delivery.channel == Delivery.Channel.FILE:
        response = FileResponse(content, content_type=_TYPE)
        response["Content-Length"] = str(delivery.size)
    else:
        with content:
            response = HttpResponse(content.read(), content_type=_TYPE)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["X-Content-Type-Options"] = "nosniff"
    return response
