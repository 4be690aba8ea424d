"""What staff do in the browser, for journeys that begin with it."""

from __future__ import annotations

import base64
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.contrib.auth.models import User
from playwright.sync_api import Page

from tests.config.devices import code
from tests.factories import PASSWORD

SERIOUS = ("serious", "critical")


def administrator(name: str = "olga") -> User:
    # As the server's own settings store a password; the tests' quick hash is none of theirs.
    stored = PBKDF2PasswordHasher().encode(PASSWORD, "salt-for-tests", iterations=1000)
    return User.objects.create(username=name, password=stored, is_staff=True, is_superuser=True)


def enter_password(window: Page, name: str, password: str = PASSWORD) -> None:
    window.goto("/admin/")
    window.get_by_label("Username").fill(name)
    window.get_by_label("Password").fill(password)
    window.get_by_role("button", name="Log in").click()


def set_up_device(window: Page) -> bytes:
    """Through the page that a first log-in leads to, up to the page that was asked for; the app's secret."""
    shown = window.locator("#second-factor-key").inner_text()
    secret = base64.b32decode(shown.replace("-", ""))
    window.get_by_label("Code").fill(code(secret))
    window.get_by_role("button", name="Set it up").click()
    window.get_by_role("link", name="I have kept them").click()
    return secret


def sign_in(window: Page, name: str = "olga") -> bytes:
    enter_password(window, name)
    return set_up_device(window)


def barriers(window: Page) -> list[Any]:
    """What keeps somebody out, by axe: its rule, and the places."""
    found = Axe().run(window).response["violations"]
    return [(one["id"], [node["target"] for node in one["nodes"]]) for one in found if one["impact"] in SERIOUS]
