"""What goes wrong outside of views, said in the form of the door that was knocked at."""

from __future__ import annotations

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from loyalty.answers import Answer
from loyalty.results import Fault
from safes.api import problems

_CARDS = "/api/card"


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """handler400: what Django refuses before a view sees it."""
    if _is_of_cards(request):
        sentence = "The request cannot be read: look at the name of the host, and send fewer and plainer headers."
        return Answer(Fault.BAD_REQUEST, sentence, 400).response()
    return problems.bad_request(request, exception)


def server_error(request: HttpRequest) -> HttpResponseBase:
    """handler500: the traceback is in the log, and nowhere else."""
    if _is_of_cards(request):
        sentence = "Something went wrong here, and it was logged. Ask again; if it stays, tell us."
        return Answer(Fault.ERROR, sentence, 500).response()
    return problems.server_error(request)


def _is_of_cards(request: HttpRequest) -> bool:
    return request.path.lower().startswith(_CARDS)
