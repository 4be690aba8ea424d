"""A system that writes: takings, as a till or the system behind it sends them."""

from __future__ import annotations

import json
from typing import Any

from django.test import Client

from tests.api.reader import Reader


class Till(Reader):
    """A system that may write."""

    def __init__(self, role: str = "back_office", name: str = "pos") -> None:
        super().__init__(role, name)

    def say(self, said: Any, *, key: str | None = None, query: str = "", body: bytes | None = None) -> Any:
        headers = self.authorization | ({"Idempotency-Key": key} if key is not None else {})
        sent = json.dumps(said).encode() if body is None else body
        return Client().post(f"/api/v1/takings{query}", sent, content_type="text/plain", headers=headers)

    def told(self, said: Any, **options: Any) -> Any:
        answer = self.say(said, **options)
        assert answer.status_code == 201, answer.content
        return answer.json()
