"""A system that reads: it shows its token, asks for lists and items, and pushes rows beside that as Loomis would."""

from __future__ import annotations

import json
from typing import Any

from django.test import Client

from safes.accounts import add_account
from safes.estate import add_site, place_safe
from safes.models import Safe, Site
from tests.factories import body_of
from transactions.drawing import draw_touched
from transactions.endpoints import add_endpoint


class Reader:
    """A machine account and the requests it makes."""

    def __init__(self, role: str = "reader", name: str = "ledger") -> None:
        self.account, self.password, self.token = add_account(name, role)
        self.client = Client()
        self.authorization = {"Authorization": f"Token {self.token}"}

    def ask(self, path: str, *, accept: str = "application/json", **filters: Any) -> Any:
        address = path if path.startswith(("http", "/")) else f"/api/v1/{path}"
        return self.client.get(address, filters, headers=self.authorization | {"Accept": accept})

    def read(self, path: str, **filters: Any) -> Any:
        answer = self.ask(path, **filters)
        assert answer.status_code == 200, answer.content
        assert answer["Content-Type"] == "application/json"
        return answer.json()

    def rows(self, path: str, **filters: Any) -> list[dict[str, Any]]:
        page = self.read(path, **filters)
        assert set(page) == {"next", "previous", "results"}
        rows = page["results"]
        assert isinstance(rows, list)
        return rows

    def walk(self, path: str, **filters: Any) -> list[dict[str, Any]]:
        """All rows, page by page."""
        page = self.read(path, **filters)
        rows = list(page["results"])
        while page["next"]:
            page = self.read(page["next"])
            rows += page["results"]
        return rows

    def refused(self, path: str, **filters: Any) -> dict[str, Any]:
        """The problem that a request is answered with."""
        return problem(self.ask(path, **filters), 400)


def problem(answer: Any, status: int) -> dict[str, Any]:
    """The problem in an answer of that status."""
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    said = json.loads(answer.content)
    assert said["status"] == status
    assert said["title"]
    assert said["detail"].endswith(".")
    assert "Traceback" not in said["detail"]
    assert isinstance(said, dict)
    return said


class Pusher:
    """An endpoint, and pushes to it through the door that Loomis uses."""

    def __init__(self, name: str = "loomis", **options: Any) -> None:
        self.name = name
        self.endpoint, self.key = add_endpoint(name, **options)
        self.client = Client()

    def push(self, *rows: Any, message_id: str | None = "") -> dict[str, Any]:
        return self.push_body(body_of(*rows, message_id=message_id))

    def push_body(self, body: bytes) -> dict[str, Any]:
        answer = self.client.post(
            f"/api/loomis/transactions/{self.name}",
            body,
            content_type="application/json",
            headers={"Authorization": self.key},
        )
        assert answer.status_code == 200, answer.content
        draw_touched()
        said = answer.json()
        assert isinstance(said, dict)
        return said


def row(second: int = 0, **changes: Any) -> dict[str, Any]:
    """A drop of twenty dollars at half past eight and so many seconds, of a spring morning."""
    minutes, seconds = divmod(second, 60)
    return {
        "SerialNumber": "SR10042",
        "TransactionDateTime": f"2026-03-14T08:{30 + minutes:02}:{seconds:02}",
        "TransactionType": "CashIn",
        "Amount": 20.0,
        "UserName": "ANNA",
        "Register": "1",
        "PickupGroupId": 7,
        "Denominations": [{"UnitValue": 20.0, "Count": 1, "Currency": "USD"}],
        **changes,
    }


def site(code: str = "S001", time_zone: str = "America/Chicago", **options: Any) -> Site:
    return add_site(code, name=f"Store {code}", time_zone=time_zone, **options)


def safe(serial_number: str = "SR10042", at: Site | None = None, **options: Any) -> Safe:
    return place_safe(serial_number, at or site(), **options)
