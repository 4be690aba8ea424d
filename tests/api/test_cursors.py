"""Pages by cursor: every row once, whatever arrives meanwhile, and no cursor but those that were given."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.api.reader import problem, row
from transactions.models import Transaction

pytestmark = pytest.mark.django_db


def ids(rows: list[dict[str, Any]]) -> list[int]:
    return [shown["id"] for shown in rows]


@pytest.fixture
def ten(loomis) -> list[int]:
    """Ids of ten rows, oldest first."""
    loomis.push(*(row(second) for second in range(10)))
    return list(Transaction.objects.order_by("pk").values_list("pk", flat=True))


def test_newest_first_unless_asked_otherwise(reader, ten):
    assert ids(reader.rows("transactions")) == ids(reader.rows("transactions", order="desc")) == ten[::-1]
    assert ids(reader.rows("transactions", order="asc")) == ten


@pytest.mark.parametrize("order", ["asc", "desc"])
@pytest.mark.parametrize("size", [1, 3, 5, 10, 11])
def test_a_walk_shows_every_row_once_and_in_order(reader, ten, order, size):
    wanted = ten if order == "asc" else ten[::-1]
    assert ids(reader.walk("transactions", order=order, page_size=size)) == wanted
    assert ids(reader.walk("transactions", order=order, page_size=size, serial_number="SR10042")) == wanted


@pytest.mark.parametrize("order", ["asc", "desc"])
def test_a_walk_can_go_back_the_way_it_came(reader, ten, order):
    pages = [reader.read("transactions", order=order, page_size=4)]
    while pages[-1]["next"]:
        pages.append(reader.read(pages[-1]["next"]))
    back = [pages[-1]]
    while back[-1]["previous"]:
        back.append(reader.read(back[-1]["previous"]))
    assert [ids(page["results"]) for page in back] == [ids(page["results"]) for page in reversed(pages)]
    assert pages[0]["previous"] is None


@pytest.mark.parametrize("order", ["asc", "desc"])
def test_rows_that_arrive_meanwhile_neither_repeat_nor_hide_one(reader, loomis, ten, order):
    page = reader.read("transactions", order=order, page_size=3)
    seen = ids(page["results"])
    for second in range(10, 60, 10):
        if page["next"]:
            loomis.push(*(row(second + more) for more in range(2)))
            page = reader.read(page["next"])
            seen += ids(page["results"])
    assert len(seen) == len(set(seen))
    assert set(ten) <= set(seen)
    if order == "desc":
        assert seen == ten[::-1]


def test_what_arrived_meanwhile_is_found_by_going_back(reader, loomis, ten):
    second = reader.read(reader.read("transactions", page_size=5)["next"])
    loomis.push(row(50))
    first = reader.read(second["previous"])
    assert ids(first["results"]) == ten[:4:-1]
    newer = reader.read(first["previous"])
    assert ids(newer["results"]) == [Transaction.objects.order_by("-pk")[0].pk]
    assert newer["previous"] is None


@pytest.mark.parametrize("order", ["asc", "desc"])
def test_a_page_that_has_emptied_meanwhile_leads_back(reader, ten, order):
    first = reader.read("transactions", order=order, page_size=5)
    behind = ten[5:] if order == "asc" else ten[:5]
    Transaction.objects.filter(pk__in=behind).update(counted=False)
    empty = reader.read(first["next"])
    assert (empty["results"], empty["next"]) == ([], None)
    assert ids(reader.read(empty["previous"])["results"]) == ids(first["results"])


def test_an_address_keeps_the_filters_and_the_size(reader, ten):
    following = reader.read("transactions/", page_size=2, type="CashIn", order="asc")["next"]
    assert following.startswith("http://testserver/api/v1/transactions/?")
    query = parse_qs(urlsplit(following).query)
    assert {name: query[name] for name in ("page_size", "type", "order")} == {
        "page_size": ["2"],
        "type": ["CashIn"],
        "order": ["asc"],
    }


def test_the_size_of_a_page_may_change_on_the_way(reader, ten):
    following = reader.read("transactions", page_size=2)["next"]
    assert ids(reader.rows(following.replace("page_size=2", "page_size=3"))) == ten[7:4:-1]


def test_a_thousand_rows_fit_on_a_page(reader, loomis):
    loomis.push(*(row(second) for second in range(1001)))
    assert len(reader.rows("transactions", page_size=1000)) == 1000
    assert len(reader.rows("transactions")) == 100


def test_a_cursor_that_was_tampered_with_is_refused(reader, ten):
    following = reader.read("transactions", page_size=2)["next"]
    given = parse_qs(urlsplit(following).query)["cursor"][0]
    body, _, signature = given.rpartition("~")
    direction, pk, asked = body.split(".")
    for tampered in (
        f"{direction}.{int(pk) + 1}.{asked}~{signature}",
        f"p.{pk}.{asked}~{signature}",
        f"{body}~{signature[:-1]}",
        f"{body}~",
        body,
        given[::-1],
        "1",
        "~",
        "ü\x00",
    ):
        said = reader.refused("transactions", page_size=2, cursor=tampered)
        assert set(said["errors"]) == {"cursor"}
        assert "begin again without it" in said["detail"]


@pytest.mark.parametrize(
    "other", [{"type": "Servicing"}, {"order": "asc"}, {"type": "CashIn", "order": "asc"}, {"type": "CashIn"}]
)
def test_a_cursor_belongs_to_its_filters_and_its_order(reader, ten, other):
    given = parse_qs(urlsplit(reader.read("transactions", page_size=2)["next"]).query)["cursor"][0]
    said = reader.refused("transactions", cursor=given, **other)
    assert "other filters or another order" in said["detail"]


def test_a_cursor_belongs_to_its_list(reader, ten):
    given = parse_qs(urlsplit(reader.read("transactions", page_size=2)["next"]).query)["cursor"][0]
    problem(reader.ask("deliveries", cursor=given), 400)
    problem(reader.ask("deliveries", cursor=given, page_size=2), 400)


@pytest.mark.parametrize("path", ["sites", "safes", "audit-events", "deliveries", "findings"])
def test_an_empty_list_is_one_empty_page(reader, path):
    assert reader.read(path) == {"next": None, "previous": None, "results": []}
