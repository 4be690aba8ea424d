"""Retakes the pictures of the docs: `make screenshots`, beside a `make demo` with the same PORT and data directory."""

from __future__ import annotations

import os

import django

from config.data_dir import CHECKOUT

_WIDTH, _HEIGHT = 1366, 860


def _pictures() -> dict[str, str]:
    """What is taken from where; the worksheet is that of a day that has something to tell."""
    from django.urls import reverse

    from loyalty.models import Card
    from transactions.models import SignOff, SiteDay
    from transactions.reconciliation.signing.status import with_status

    days = with_status(SiteDay.objects.filter(takings__isnull=False)).order_by("-business_date", "site")
    day = days.filter(status=SignOff.Status.REOPENED).first() or days.exclude(unexplained=0).first() or days[0]
    return {
        "today": reverse("admin:index"),
        "worksheet": reverse("admin:transactions_siteday_change", args=[day.pk]),
        "findings": reverse("admin:safes_finding_changelist"),
        "incidents": reverse("admin:incidents_incident_board"),
        # One that took the place of another, so that its bonuses have something to tell.
        "card": reverse(
            "admin:loyalty_card_change", args=[Card.objects.filter(replaces__isnull=False).earliest("pk").pk]
        ),
    }


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
            for name, path in _pictures().items():
                window.goto(path, wait_until="networkidle")
                window.screenshot(path=CHECKOUT / "docs" / "images" / f"{name}.png")
            browser.close()
    finally:
        somebody.logout()


if __name__ == "__main__":
    main()
