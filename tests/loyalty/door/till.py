"""A system that asks the card service: it shows its name and password, or its token."""

from __future__ import annotations

import base64
import json
from typing import Any

from django.test import Client

from safes.accounts import add_account


def basic(username: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()


class Till:
    """A machine account and the calls it makes. Addresses are those below /api/card/."""

    def __init__(self, role: str = "till", name: str = "") -> None:
        self.account, self.password, self.token = add_account(name or role, role)
        self.client = Client()
        self.headers = {"Authorization": basic(self.account.username, self.password)}

    def ask(self, method: str, path: str, body: bytes = b"", content_type: str = "", **headers: str) -> Any:
        address = path if path.startswith("/") else f"/api/card/{path}"
        return self.client.generic(
            method, address, body, content_type or "application/json", headers=self.headers | headers
        )

    def get(self, path: str) -> Any:
        return self.ask("GET", path)

    def post(self, path: str, **parameters: object) -> Any:
        return self.ask("POST", path, json.dumps(parameters).encode())


def said(answer: Any, status: int = 200) -> dict[str, Any]:
    """What an answer says, which has the shape that each has."""
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/json; charset=utf-8"
    assert answer["Cache-Control"] == "no-store"
    body = json.loads(answer.content.decode("utf-8"))
    assert list(body)[:3] == ["Status", "Key", "Value"]
    assert body["Status"] is (body["Key"] == "OK")
    assert (body["Value"] == "") is body["Status"]
    assert body["Status"] or body["Value"].endswith(".")
    return dict(body)


def key(answer: Any, status: int = 200) -> str:
    return str(said(answer, status)["Key"])
