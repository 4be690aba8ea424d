"""Sending by HTTP: one POST, no redirects, no proxies, TLS checked, and an end to everything.

The whole try has a deadline of its own, also against a server that answers a byte at a time; only asyncio can keep one
at every point, so each try has a small loop of its own within the thread that makes it.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import ssl
from dataclasses import dataclass
from typing import Any

import httpx
from django.conf import settings
from django.utils import timezone

from incidents.transports.judging import LARGEST, Answer, Outcome, Result, judge
from safes.remote.errors import sentence_of


@dataclass(frozen=True, slots=True)
class Request:
    """What is posted, and where; ``header``: name and value of the credential's, None for none."""

    url: str
    body: bytes
    header: tuple[str, str] | None = None


class _Way:
    """How far a request came: before its first byte went out it surely did not arrive."""

    def __init__(self) -> None:
        self.has_left = False

    async def __call__(self, event: str, info: dict[str, Any]) -> None:
        self.has_left = self.has_left or event.endswith("send_request_headers.started")


def post(request: Request, dialect: str, seconds: float) -> Result:
    """Send a message. ``seconds``: to reach the server, and as much for its answer. What goes wrong is a result."""
    way = _Way()
    try:
        return judge(asyncio.run(_exchange(request, way, seconds)), dialect, timezone.now())
    except httpx.LocalProtocolError:
        return Result(Outcome.REFUSED, "The credential cannot stand in a header: enter its value anew.")
    except httpx.InvalidURL:
        return Result(Outcome.REFUSED, "The dispatch URL cannot be read: correct it.")
    except (httpx.HTTPError, OSError) as error:
        sentence = sentence_of(_cause_of(error), "send the message")
        if way.has_left:
            return Result(Outcome.UNKNOWN, f"{sentence} Whether Loomis took the message is not known.", True)
        return Result(Outcome.NOT_ARRIVED, sentence)


async def _exchange(request: Request, way: _Way, seconds: float) -> Answer:
    headers: dict[str, str | bytes] = {
        "Content-Type": "application/json",
        "Accept": "application/json",
        # Unpacked, a small answer may be a very large one.
        "Accept-Encoding": "identity",
        "User-Agent": "Strongroom",
    }
    if request.header is not None:
        headers[request.header[0]] = request.header[1].encode()
    answer: Answer | None = None
    client = httpx.AsyncClient(
        verify=_context(request.url, settings.REMOTE_CA_FILE),
        timeout=seconds,
        follow_redirects=False,
        trust_env=False,
    )
    try:
        async with asyncio.timeout(2 * seconds), client:
            made = client.build_request("POST", request.url, content=request.body, headers=headers)  # type: ignore[arg-type]
            made.extensions["trace"] = way
            response = await client.send(made, stream=True)
            answer = Answer(response.status_code, response.headers)
            async with contextlib.aclosing(response):
                await _read(response, answer)
    except (httpx.TransportError, TimeoutError):
        if answer is None:
            raise
        answer.trouble = "The connection broke while Loomis answered, or took too long."
    return answer


async def _read(response: httpx.Response, answer: Answer) -> None:
    async for part in response.aiter_raw():
        answer.body += part
        if len(answer.body) > LARGEST:
            answer.trouble = f"The answer is larger than {LARGEST:,} bytes, and was not read to its end."
            return


def _context(url: str, authorities: str) -> ssl.SSLContext | bool:
    # Reading all authorities takes longer than the rest of a try.
    return _trusting(authorities) if url.lower().startswith("https:") else False


@functools.lru_cache(maxsize=4)
def _trusting(authorities: str) -> ssl.SSLContext:
    """TLS with the server's certificate checked, by REMOTE_CA_FILE or by whom the system trusts."""
    return ssl.create_default_context(cafile=authorities or None)


def _cause_of(error: BaseException) -> Exception:
    """The error that says what happened: httpx wraps it, and anyio wraps those of several addresses once more."""
    found: BaseException = error
    seen: set[int] = set()
    chain: list[BaseException] = [error]
    while chain:
        one = chain.pop(0)
        if id(one) in seen:
            continue
        seen.add(id(one))
        if isinstance(one, BaseExceptionGroup):
            chain += one.exceptions
        elif isinstance(one, OSError) and type(one) is not OSError:
            return one
        elif isinstance(one, OSError):
            found = one
        chain += [other for other in (one.__cause__, one.__context__) if other is not None]
    if isinstance(error, httpx.TimeoutException):
        return TimeoutError()
    if found is error and isinstance(error, httpx.TransportError):
        return ConnectionError(str(error))
    return found if isinstance(found, Exception) else ConnectionError()
