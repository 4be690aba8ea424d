"""Retakes the pictures of README.md: `make screenshots`, beside a `make demo` with the same PORT and data directory."""

from __future__ import annotations

import os

import django

from config.data_dir import CHECKOUT

PICTURES = {
    "overview": "/admin/",
    "findings": "/admin/safes/finding/",
}
_WIDTH, _HEIGHT = 1366, 860


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # as in tests.journeys.conftest
    django.setup()

    from django.contrib.auth.models import User
    from django.test import Client
    from playwright.sync_api import sync_playwright

    from tests.journeys.chromium import launch

    address = f"http://127.0.0.1:{os.environ.get('PORT', '8000')}"
    # Who may read the data directory may be anybody in the system: no password is needed, and none stays behind.
    somebody = Client()
    somebody.force_login(User.objects.filter(is_superuser=True).earliest("pk"))
    session = somebody.cookies["sessionid"].value
    try:
        with sync_playwright() as playwright:
            browser = launch(playwright)
            context = browser.new_context(base_url=address, viewport={"width": _WIDTH, "height": _HEIGHT})
            context.add_cookies([{"name": "sessionid", "value": session, "url": address}])
            window = context.new_page()
            for name, path in PICTURES.items():
                window.goto(path, wait_until="networkidle")
                window.screenshot(path=CHECKOUT / "docs" / "images" / f"{name}.png")
            browser.close()
    finally:
        somebody.logout()


if __name__ == "__main__":
    main()
