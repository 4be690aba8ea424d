"""What tills, the site and the call centre call. Machine paths: no session, no cookie, no CSRF token.

In this order: the verb, the account, its role, the parameters, and then what the method does. DOMAIN.md, section 4.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import structlog
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from loyalty import call_log, cards, lookup, parameters, throttle
from loyalty.acting import Actor, machine
from loyalty.answers import Answer, Faulty
from loyalty.formats import as_e164
from loyalty.metrics import CALLS, MISSES, THROTTLED
from loyalty.parameters import Given
from loyalty.results import MISSES as MISSED
from loyalty.results import Fault, Key, Refused
from safes.authorization import BASIC_CHALLENGE, account_of_header
from safes.machine_door import BrokenOff, TooLarge, read_body
from safes.models import MachineAccount
from safes.models.machine_account import Role

log = structlog.get_logger(__name__)

# Parameters have a few hundred bytes; after decompression.
MAX_BODY_BYTES = 2 << 20
_NO_CARDS = frozenset({Role.READER, Role.BACK_OFFICE})

More = dict[str, Any]
View = Callable[..., HttpResponse]


@dataclass(frozen=True, slots=True)
class Method:
    """``name`` as in figures. ``parameter``: which of those of Given its address holds; without, they are read."""

    name: str
    verbs: tuple[str, ...]
    act: Callable[[Given, Actor], More | None]
    parameter: str = ""


def door(method: Method) -> View:
    """The view of one method."""

    @csrf_exempt
    def view(request: HttpRequest, value: str = "") -> HttpResponse:
        begun = time.perf_counter()
        try:
            answer = _serve(method, request, value, begun)
        except Faulty as faulty:
            answer = faulty.answer
        except (OperationalError, InterfaceError):
            log.exception("card_call_without_database", method=method.name)
            sentence = "The database does not answer just now; ask again."
            answer = Answer(Fault.UNAVAILABLE, sentence, 503, headers={"Retry-After": "10"})
        CALLS.add(method=method.name, key=answer.key)
        return answer.response()

    return view


@csrf_exempt
def nowhere(request: HttpRequest, rest: str = "") -> HttpResponse:
    """Addresses below /api/card at which there is nothing."""
    sentence = "There is nothing at this address; /api/docs/ lists what there is."
    return Answer(Fault.NOT_FOUND, sentence, 404).response()


def _serve(method: Method, request: HttpRequest, value: str, begun: float) -> Answer:
    """Raises Faulty for callers who are not known, whose calls are not logged: a stranger must not fill the disk."""
    if request.method not in method.verbs:
        allowed = ", ".join(method.verbs)
        raise Faulty(405, Fault.METHOD_NOT_ALLOWED, f"Ask with {method.verbs[0]}.", Allow=allowed)
    account = account_of_header(request.META.get("HTTP_AUTHORIZATION", ""))
    if account is None:
        log.warning("card_call_unauthorized")
        sentence = "The name or the password is wrong, or the account is not active: show them by Basic."
        raise Faulty(401, Fault.UNAUTHORIZED, sentence, WWW_Authenticate=BASIC_CHALLENGE)
    given = Given()
    try:
        _refuse_other_roles(account)
        given = Given(**{method.parameter: value}) if method.parameter else _read(request)
        answer = Answer(Key.OK, more=method.act(given, machine(account)) or {})
    except Refused as refused:
        answer = _refused(refused, account, given)
    except Faulty as faulty:
        answer = faulty.answer
    call_log.note(request, account, given, answer, begun)
    return answer


def _refuse_other_roles(account: MachineAccount) -> None:
    if account.role in _NO_CARDS:
        sentence = "This account may not ask for cards; one with the role till or a card role may."
        raise Faulty(403, Fault.FORBIDDEN, sentence)


def _read(request: HttpRequest) -> Given:
    has_body = request.META.get("CONTENT_LENGTH") not in (None, "", "0") or "HTTP_TRANSFER_ENCODING" in request.META
    try:
        body = read_body(request, MAX_BODY_BYTES) if has_body else b""
        query = request.META.get("QUERY_STRING", "").encode("latin-1", "replace").decode("utf-8", "replace")
        return parameters.read(query, body, request.META.get("CONTENT_TYPE", ""))
    except TooLarge:
        sentence = f"The body is larger than {MAX_BODY_BYTES} bytes: send the parameters of the method alone."
        raise Faulty(400, Fault.BAD_REQUEST, sentence) from None
    except (BrokenOff, parameters.Unreadable) as error:
        raise Faulty(400, Fault.BAD_REQUEST, str(error)) from None


def _refused(refused: Refused, account: MachineAccount, given: Given) -> Answer:
    """A business error is an answer like others; one miss too many is none."""
    if refused.key in MISSED:
        MISSES.add(account=account.username)
        looked_up = (given.value, given.number, as_e164(given.mobile) or given.mobile)
        wait = throttle.count_miss(account, "\n".join(looked_up))
        if wait is not None:
            THROTTLED.add(account=account.username)
            log.warning("card_misses_throttled", account=account.username)
            sentence = f"Too much was asked for that is not there: ask again in {wait} seconds."
            return Answer(Fault.TOO_MANY_REQUESTS, sentence, 429, headers={"Retry-After": str(wait)})
    return Answer(refused.key, refused.sentence)


def _require(**given: str) -> None:
    missing = [name for name, text in given.items() if not text]
    if missing:
        raise Refused(Key.REQUIRED, f"Not specified: {', '.join(missing)}.")


def _require_of_block(given: Given, **code: str) -> None:
    """A number or a phone, and the code."""
    missing = [] if given.number or given.mobile else ["Number", "ContactMobileNumber"]
    either = " Of Number and ContactMobileNumber one is enough." if missing else ""
    missing += [name for name, text in code.items() if not text]
    if missing:
        raise Refused(Key.REQUIRED, f"Not specified: {', '.join(missing)}.{either}")


def _issue(given: Given, actor: Actor) -> None:
    _require(Number=given.number)
    cards.issue(given.number, actor)


def _activate(given: Given, actor: Actor) -> None:
    _require(Number=given.number)
    cards.activate(given.number, actor)


def _bind(given: Given, actor: Actor) -> None:
    _require(Number=given.number, MobileNumber=given.mobile)
    cards.bind(given.number, given.mobile, actor)


def _block(given: Given, actor: Actor) -> None:
    _require_of_block(given, BlockReasonCode=given.block_reason)
    cards.block(given.number, given.mobile, given.block_reason, actor)


def _unblock(given: Given, actor: Actor) -> None:
    _require_of_block(given, UnBlockReasonCode=given.unblock_reason)
    cards.unblock(given.number, given.mobile, given.unblock_reason, actor)


def _balance_by_value(given: Given, actor: Actor) -> More:
    return lookup.by_value(given.value)


def _balance_by_phone(given: Given, actor: Actor) -> More:
    return lookup.by_phone(given.mobile)


_ASKED = ("GET", "HEAD")

balance_by_phone = door(Method("balance_by_phone", _ASKED, _balance_by_phone, "mobile"))
balance_by_value = door(Method("balance", _ASKED, _balance_by_value, "value"))
# These change a card: HEAD, which nobody means to change anything, is refused.
issue = door(Method("issue", ("GET",), _issue))
active = door(Method("active", ("GET",), _activate))
bind_to = door(Method("bindto", ("POST",), _bind))
block = door(Method("block", ("POST",), _block))
unblock = door(Method("unblock", ("POST",), _unblock))
