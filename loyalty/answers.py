"""How the card service answers: Status, Key and Value, and what a balance has besides.

DOMAIN.md, section 4. No answer may be kept on its way: two of the GETs change a card.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import msgspec
from django.http import HttpResponse

from loyalty.results import Fault, Key

# Amounts are numbers with all their decimals.
_encode = msgspec.json.Encoder(decimal_format="number").encode


@dataclass(frozen=True, slots=True)
class Answer:
    """``sentence`` is empty on success; ``more`` stands beside Status, Key and Value."""

    key: Key | Fault
    sentence: str = ""
    status: int = 200
    more: dict[str, Any] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def is_error(self) -> bool:
        return self.key != Key.OK

    def response(self) -> HttpResponse:
        said = {"Status": not self.is_error, "Key": self.key, "Value": self.sentence, **self.more}
        response = HttpResponse(_encode(said), status=self.status, content_type="application/json; charset=utf-8")
        response.headers["Cache-Control"] = "no-store"
        for name, value in self.headers.items():
            response.headers[name] = value
        return response


class Faulty(Exception):
    """A call that is answered with a status other than 200."""

    def __init__(self, status: int, key: Fault, sentence: str, **headers: str) -> None:
        super().__init__(sentence)
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        self.answer = Answer(key, sentence, status, headers=headers)
