"""An authenticator app, as a test holds it in its hand."""

from __future__ import annotations

import base64
import re

from django_otp.oath import totp


def secret_on(page: str) -> bytes:
    """The secret that the enrolment page shows for typing."""
    found = re.search(r'id="second-factor-key">([A-Z2-7-]+)<', page)
    assert found is not None
    return base64.b32decode(found[1].replace("-", ""))


def codes_on(page: str) -> list[str]:
    return re.findall(r"<li>((?:[A-Z2-7]{4}-){3}[A-Z2-7]{4})</li>", page)


def code(secret: bytes, later: int = 0) -> str:
    """What the app shows now, or so many steps of half a minute later."""
    return f"{totp(secret, drift=later):06d}"
