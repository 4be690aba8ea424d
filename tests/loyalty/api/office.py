"""A back-office system that keeps contacts and cards."""

from __future__ import annotations

import json
from typing import Any

from django.test import Client

from tests.api.reader import Reader

ANNA = {
    "code": "C100001",
    "name": "Anna Berg",
    "mobile_number": "+12015550123",
    "email": "anna@example.com",
    "birth_date": "1984-02-29",
}
CARD = {"number": "4000123412341234", "category_code": "0", "type_code": "2"}


class Office(Reader):
    def __init__(self, role: str = "back_office", name: str = "office") -> None:
        super().__init__(role, name)

    def say(self, path: str, said: Any, *, key: str | None = None, body: bytes | None = None) -> Any:
        return self._send("post", path, json.dumps(said).encode() if body is None else body, key)

    def change(self, path: str, said: Any, *, body: bytes | None = None) -> Any:
        return self._send("patch", path, json.dumps(said).encode() if body is None else body, None)

    def made(self, path: str, said: Any) -> dict[str, Any]:
        answer = self.say(path, said)
        assert answer.status_code == 201, answer.content
        return dict(answer.json())

    def _send(self, verb: str, path: str, body: bytes, key: str | None) -> Any:
        headers = self.authorization | ({"Idempotency-Key": key} if key is not None else {})
        return getattr(Client(), verb)(f"/api/v1/{path}", body, content_type="text/plain", headers=headers)
