"""Being asked to end by a signal: heard at once wherever we are, but never between a child's birth and its being known.

A handler that raises may strike inside `subprocess.Popen`, after the fork and before anyone holds the result; nobody
would end that child. So a child is started and noted inside `unbroken`, and what came meanwhile is heard right after.
"""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

ASKS_FOR_AN_END = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

Hear = Callable[[int], None]


class _Ear:
    """The process's one: signals are of a process, and their handlers run in its main thread alone."""

    hear: Hear | None = None
    held = 0
    waiting: list[int] = []

    @classmethod
    def called(cls, number: int, frame: object) -> None:
        if cls.held or cls.hear is None:
            cls.waiting.append(number)
        else:
            cls.hear(number)


def when_asked_to_end(hear: Hear) -> None:
    """Has `hear` called with the signal's number from now on, instead of who heard before; it may raise."""
    _Ear.hear = hear
    for number in ASKS_FOR_AN_END:
        signal.signal(number, _Ear.called)


@contextmanager
def unbroken() -> Iterator[None]:
    """Signals that ask for an end wait until the block is through."""
    _Ear.held += 1
    try:
        yield
    finally:
        _Ear.held -= 1
        while not _Ear.held and _Ear.waiting and _Ear.hear is not None:
            _Ear.hear(_Ear.waiting.pop(0))
