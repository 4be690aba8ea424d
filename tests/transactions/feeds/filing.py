"""Files as Loomis writes them, from the rows that tests push."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from io import BytesIO
from typing import Any
from xml.sax.saxutils import escape

from django.db.transaction import atomic

from tests.transactions.pushing import draw_all
from transactions.deliveries import record_delivery
from transactions.feeds.taking import store_file
from transactions.models import Delivery, Feed


def xml(rows: Iterable[dict[str, Any]]) -> bytes:
    """A file of these rows, spelt as the published one: a message each, amounts with four decimals."""
    return b"".join(xml_parts(rows))


def xml_parts(rows: Iterable[dict[str, Any]]) -> Iterator[bytes]:
    yield b'<?xml version="1.0" encoding="utf-8"?>\n<Messages>'
    for row in rows:
        inner = f"<CustomerTransaction>{_properties(row)}</CustomerTransaction>"
        yield f"<Message><Transactions>{inner}</Transactions></Message>".encode()
    yield b"</Messages>\n"


def _properties(row: dict[str, Any]) -> str:
    return "".join(f"<{name}>{_value(value)}</{name}>" for name, value in row.items() if value is not None)


def _value(value: Any) -> str:
    if isinstance(value, list):
        return "".join(f"<DenominationValue>{_properties(one)}</DenominationValue>" for one in value)
    return escape(f"{value:.4f}" if isinstance(value, float) else str(value))


def feed(name: str = "daily", **arranged: Any) -> Feed:
    return Feed.objects.create(name=name, **{"url": "file:///nowhere", **arranged})


def file_in(source: Feed, name: str, content: bytes) -> Delivery:
    """A file that arrived, recorded and drawn."""
    with atomic():
        delivery = store_file(source, name, BytesIO(content))
    record_delivery(delivery.repeat_of_id or delivery.pk)
    draw_all()
    delivery.refresh_from_db()
    return delivery
