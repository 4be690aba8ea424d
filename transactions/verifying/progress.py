"""How far a long piece of work has come: a line that is written over on a terminal, else a line now and then."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Any

_ON_TERMINAL, _ELSEWHERE = 0.2, 10.0
_WIDTH = 30


class Progress:
    """Called with what is done, how much of it, and how much there is; says so, as often as is bearable."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._terminal = bool(stream.isatty())
        self._said = time.monotonic()
        self._open = False

    def __call__(self, what: str, done: int, total: int) -> None:
        now = time.monotonic()
        if now - self._said < (_ON_TERMINAL if self._terminal else _ELSEWHERE):
            return
        self._said = now
        share = min(done / total, 1.0) if total else 1.0
        line = f"{done:,} of {total:,} {what}"
        if self._terminal:
            full = round(share * _WIDTH)
            self._write(f"\r\x1b[K[{'#' * full}{'.' * (_WIDTH - full)}] {line}")
            self._open = True
        else:
            self._write(f"{line}\n")

    def _write(self, text: str) -> None:
        self._stream.write(text, style_func=str, ending="")
        self._stream.flush()

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._open:
            self._write("\r\x1b[K")
