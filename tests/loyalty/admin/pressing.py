"""Pressing the buttons of a card's page, and reading what is said."""

from __future__ import annotations

from typing import Any

from django.contrib.messages import get_messages
from django.test import Client

from loyalty.models import Card
from tests.staff import page


def said(response: Any) -> str:
    """The messages that the next page shows."""
    return " ".join(str(one) for one in get_messages(response.wsgi_request))


def offered(client: Client, one: Card) -> set[str]:
    """The names of the buttons on a card's page."""
    response: Any = client.get(page(Card, "change", one.pk))
    return {act["path"].rstrip("/").rpartition("/")[2] for act in response.context["actions_detail"]}
