"""A worker in a process of its own that drains the outbox once, and is killed at a point of its way:

python -m tests.incidents.outbox.worker POINT
"""

from __future__ import annotations

import os
import signal
import sys
from typing import Any

import django

# Each is the step that the worker does not come to; of HTTP, what it is about to do.
STEPS = {
    "committing the claim": "incidents.outbox.claiming.Claimed",
    "sending": "incidents.outbox.sending.send",
    "storing the outcome": "incidents.outbox.sending.conclude",
    "proving": "incidents.outbox.outcomes.prove",
    "committing the outcome": "incidents.outbox.outcomes._note_reach",
    "taking in the answer": "incidents.outbox.outcomes.read_answer",
    "applying the answer": "incidents.intake.apply_message",
}
EVENTS = {
    "sending the body": "send_request_body.started",
    "hearing the answer": "receive_response_headers.started",
    "reading the answer": "receive_response_body.started",
}
AFTER = "saying that the answer was taken in"
POINTS = [*STEPS, *EVENTS, AFTER]


def die(*_: object, **__: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def die_at(point: str) -> None:
    from incidents import intake
    from incidents.outbox import outcomes
    from incidents.transports import http

    if point in STEPS:
        place, _, name = STEPS[point].rpartition(".")
        setattr(sys.modules[place], name, die)
    elif point in EVENTS:
        heard = http._Way.__call__

        async def hear(way: Any, event: str, info: dict[str, Any]) -> None:
            if event.endswith(EVENTS[point]):
                die()
            await heard(way, event, info)

        vars(http)["_Way"].__call__ = hear
    else:
        take_in = intake.take_in

        def taken_in(*given: Any, **named: Any) -> None:
            take_in(*given, **named)
            die()

        vars(outcomes)["take_in"] = taken_in


if __name__ == "__main__":
    django.setup()

    from incidents.outbox.sending import drain

    die_at(sys.argv[1])
    drain()
