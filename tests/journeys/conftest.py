"""A real browser before a real web server, on the database of the tests."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.journeys.chromium import launch
from tests.transactions.cleaning import clean_database
from tests.transactions.server import WebServer


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for a module; each test gets a window of its own, with cookies of its own."""
    # Playwright runs a loop of its own in this thread, which Django takes for ours and then refuses the database. Both
    # end with the module: other tests start processes, which would inherit the word.
    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    expect.set_options(timeout=20_000)  # as long as for clicks; a machine may have much else to do
    with sync_playwright() as playwright:
        started = launch(playwright)
        yield started
        started.close()
    if before is None:
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def staff_server(transactional_db: None, tmp_path: Path) -> Iterator[WebServer]:
    """As in `make run`, but that a second factor is required; an empty house behind it.

    One for each test: a server remembers the numbers of content types for its life, and the flush after a test gives
    them others.
    """
    clean_database()
    server = WebServer(str(connection.settings_dict["NAME"]), tmp_path / "said.txt")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STAFF_SECOND_FACTOR", "required")
        server.start()
    try:
        yield server
    finally:
        server.stop()


class Complaints(list[str]):
    """What the browser's console and scripts complained of, violations of the content policy among it."""


@pytest.fixture
def complaints() -> Complaints:
    return Complaints()


@pytest.fixture
def window(browser: Browser, staff_server: WebServer, complaints: Complaints) -> Iterator[Page]:
    """A window of a browser that has never been here; its addresses begin at our server."""
    context = browser.new_context(
        base_url=f"http://127.0.0.1:{staff_server.port}", viewport={"width": 1280, "height": 900}
    )
    page = context.new_page()
    page.set_default_timeout(20_000)
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
