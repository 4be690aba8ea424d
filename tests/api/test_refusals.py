"""What is refused is refused in sentences, as application/problem+json, wherever under /api/v1/."""

from __future__ import annotations

import pytest
from django.db import connection

from tests.api.reader import Reader, problem, row
from transactions.api import records

pytestmark = pytest.mark.django_db

LISTS = ["sites", "safes", "transactions", "audit-events", "deliveries", "findings"]


@pytest.mark.parametrize("path", [*LISTS, "transactions/1", "deliveries/1/raw", "nothing/here"])
@pytest.mark.parametrize("slash", ["", "/"])
def test_only_reading_is_answered(reader, path, slash):
    for method in ("POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"):
        answer = reader.client.generic(method, f"/api/v1/{path}{slash}", headers=reader.authorization)
        said = problem(answer, 405)
        assert said["detail"] == "Only GET and HEAD are answered here."
        assert answer["Allow"] == "GET, HEAD"


@pytest.mark.parametrize("path", LISTS)
def test_head_is_answered_like_get_without_a_body(reader, path):
    answer = reader.client.head(f"/api/v1/{path}", headers=reader.authorization)
    assert (answer.status_code, answer.content) == (200, b"")


@pytest.mark.parametrize(
    "path",
    [
        *("", "nothing", "nothing/here/", "Transactions", "transactions/one", "transactions/1/raw"),
        *("transactions/1", "audit-events/1", "deliveries/1", "deliveries/1/raw", "findings/1"),
        *("sites/S9", "sites/%00", "safes/NOBODY", "safes/%00", "safes/%FF%FE", "sites/" + "x" * 3000),
        *("transactions/99999999999999999999999", "findings/" + "9" * 5000, "transactions/-1"),
    ],
)
def test_what_is_not_there_is_a_problem(reader, path):
    problem(reader.ask(path), 404)


def test_the_root_without_its_slash_is_a_problem_too(reader):
    problem(reader.ask("/api/v1"), 404)


@pytest.mark.parametrize("accept", ["text/html", "application/xml", "image/png;q=0.5", "application/vnd.ms-excel", ";"])
def test_a_form_that_cannot_be_given_is_refused(reader, accept):
    said = problem(reader.ask("transactions", accept=accept), 406)
    assert "text/csv" in said["detail"]


@pytest.mark.parametrize("accept", ["*/*", "application/*", "text/html, application/json;q=0.8", "text/x, */*;q=0.1"])
def test_json_is_given_where_it_will_do(reader, accept):
    assert reader.ask("sites", accept=accept)["Content-Type"] == "application/json"


def test_an_item_is_not_given_as_a_spreadsheet(reader, loomis):
    loomis.push(row())
    one = reader.rows("transactions")[0]["id"]
    problem(reader.ask(f"transactions/{one}", accept="text/csv"), 406)


def test_too_many_parameters_are_refused(reader):
    query = "&".join(f"p{number}=1" for number in range(1100))
    problem(reader.client.get(f"/api/v1/sites?{query}", headers=reader.authorization), 400)


def test_a_mistake_of_ours_is_told_without_its_traceback(reader, loomis, monkeypatch):
    loomis.push(row())

    def fail(*_: object) -> None:
        raise RuntimeError("the secret of the house")

    monkeypatch.setattr(records.TransactionSerializer, "get_site", fail)
    reader.client.raise_request_exception = False
    answer = reader.ask("transactions")
    problem(answer, 500)
    assert b"secret" not in answer.content


def test_a_list_that_takes_too_long_says_how_to_narrow_it(reader, loomis, monkeypatch):
    loomis.push(row())
    monkeypatch.setattr(records.TransactionList, "page_context", lambda *_: _sleep())
    answer = reader.ask("transactions")
    assert "narrow the list" in problem(answer, 503)["detail"]
    assert answer["Retry-After"]


def _sleep() -> dict[str, object]:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 1")
        cursor.execute("SELECT pg_sleep(1)")
    return {}


def test_elsewhere_errors_stay_what_they_were(client):
    answer = client.get("/no/such/page")
    assert answer.status_code == 404
    assert answer["Content-Type"].startswith("text/html")


def test_the_problem_of_a_reader_without_leave_names_the_roles_that_have_it():
    said = problem(Reader("till").ask("transactions"), 403)
    assert "reader, back_office or administrator" in said["detail"]
