"""A back-office system that raises incidents and asks for their cancel."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

from django.test import Client
from django.utils import timezone

from tests.api.reader import Reader


class Desk(Reader):
    def __init__(self, role: str = "back_office", name: str = "desk") -> None:
        super().__init__(role, name)

    def say(self, said: Any, path: str = "incidents", *, key: str | None = None, body: bytes | None = None) -> Any:
        headers = self.authorization | ({"Idempotency-Key": key} if key is not None else {})
        sent = json.dumps(said).encode() if body is None else body
        return Client().post(f"/api/v1/{path}", sent, content_type="text/plain", headers=headers)

    def raised(self, said: Any, **options: Any) -> dict[str, Any]:
        answer = self.say(said, **options)
        assert answer.status_code == 201, answer.content
        return dict(answer.json())

    def cancel(self, reference: str, text: Any = "Solved by itself.", **options: Any) -> Any:
        return self.say({"text": text}, f"incidents/{reference}/cancel", **options)


def an_hour_ago() -> str:
    return (timezone.now() - dt.timedelta(hours=1)).isoformat()


def atm_fault(**changes: Any) -> dict[str, Any]:
    return {
        "account": "atms-1",
        "device": "ATM00001",
        "fault_code": "F1",
        "fault_time": an_hour_ago(),
        **changes,
    }


def safe_fault(**changes: Any) -> dict[str, Any]:
    return {
        "account": "safes-1",
        "device": "SR70001",
        "fault_time": an_hour_ago(),
        "subject": "Door",
        "description": "It does not open.",
        "contact_name": "Anna Berg",
        "contact_number": "555-0100",
        **changes,
    }
