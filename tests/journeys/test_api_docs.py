"""The page of the API's schema works in a real browser, within the content policy, and asks nobody else."""

from __future__ import annotations

import pytest

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("browser")]


def test_an_integrator_reads_what_there_is_and_tries_it(window, staff_server, complaints):
    asked: list[str] = []
    window.on("request", lambda request: asked.append(request.url))
    window.goto("/api/docs/")
    window.get_by_text("/api/v1/transactions", exact=True).click()
    window.get_by_role("button", name="Try it out").click()
    window.get_by_role("button", name="Execute").click()
    window.get_by_text("Say who you are").first.wait_for()
    # The answer without a token is a refusal, which the console notes by its status.
    assert [said for said in complaints if "status of 401" not in said] == []
    assert {url.partition("/api")[0].partition("/static")[0] for url in asked if not url.startswith("data:")} == {
        f"http://127.0.0.1:{staff_server.port}"
    }
