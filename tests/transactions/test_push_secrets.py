"""Keys stay secret: masked in what is kept, absent from what is logged; and machines get no cookies."""

from __future__ import annotations

import hashlib
import json

import pytest

from tests.config.system import until
from tests.transactions.pushing import body, endpoint, message, stored
from transactions.models import Delivery

pytestmark = [pytest.mark.usefixtures("transactional_db"), pytest.mark.xdist_group("web_server")]


def test_the_stored_body_has_the_key_masked_and_the_digest_of_what_was_sent(web_server):
    key = endpoint(placement="metadata", key_name="ApiKey")
    sent = body(ApiKey=key, Note=f"again: {key}")
    answer = web_server.push("loomis", sent).json()
    delivery = Delivery.objects.get()
    assert bytes(delivery.digest) == hashlib.sha256(sent).digest()
    assert delivery.size == len(sent)
    kept = stored(answer)
    assert len(kept) == len(sent)
    assert kept == sent.replace(key.encode(), b"*" * len(key))
    assert key not in json.dumps(delivery.headers)


def test_a_key_from_the_header_is_masked_where_the_body_has_it_too(web_server):
    key = endpoint()
    answer = web_server.push("loomis", body(Password=key), {"Authorization": key})
    assert key.encode() not in stored(answer.json())


def test_no_log_line_shows_a_key_a_query_or_a_body(web_server):
    in_header = endpoint("inheader")
    in_query = endpoint("inquery", placement="query", key_name="ApiKey")
    in_body = endpoint("inbody", placement="body", key_name="ApiKey")
    said = json.dumps(message() | {"ApiKey": in_body}).encode()
    web_server.push("inheader", body(), {"Authorization": in_header})
    web_server.push("inheader", body(), {"Authorization": "wrong" + in_header})
    web_server.push("inheader", b"\x00nonsense of a body", {"Authorization": in_header})
    web_server.push("inquery", body(), query=f"?ApiKey={in_query}&colour=purple")
    web_server.push("inquery", body(), query=f"?ApiKey=wrong{in_query}")
    web_server.push("inbody", said)
    web_server.push("inbody", said[:-1])
    with web_server.line() as line:
        line.head("inbody/?where=nowhere", Content_Length=1 << 30)
        assert line.answer().status == 413
    web_server.ask("GET", f"/api/loomis/transactions/inquery?ApiKey={in_query}")
    web_server.ask("POST", f"/no/such/path?ApiKey={in_query}")
    until(lambda: "path=/no/such/path" in web_server.said(), "the request log")
    log = web_server.said()
    for secret in (in_header, in_query, in_body, "colour", "purple", "nowhere", "ANNA BECK", "nonsense of a body"):
        assert secret not in log


@pytest.mark.parametrize("status", [200, 401, 405])
def test_a_machine_gets_no_cookie(web_server, status):
    key = endpoint()
    headers = {
        "Authorization": key if status == 200 else "wrong",
        "Cookie": f"sessionid={'a' * 32}; csrftoken={'b' * 32}",
    }
    answer = web_server.ask("GET" if status == 405 else "POST", "/api/loomis/transactions/loomis", body(), headers)
    assert answer.status == status
    assert "set-cookie" not in answer.headers
    assert "Cookie" not in answer.headers.get("vary", "")
