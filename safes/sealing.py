"""Secrets that must be shown to others again, such as passwords of file servers: encrypted at rest.

The key comes from SECRET_KEY, so a backup of the database alone gives nothing away. Django's SECRET_KEY_FALLBACKS let
old ones be read after the key was changed.
"""

from __future__ import annotations

import base64

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings


class Unreadable(ValueError):
    """Something was sealed under a SECRET_KEY that is known no more."""


def seal(text: str) -> str:
    """A text encrypted (Fernet: AES-128-CBC with HMAC-SHA-256); "" stays ""."""
    return _fernet().encrypt(text.encode()).decode() if text else ""


def unseal(sealed: str) -> str:
    """What was sealed. Raises Unreadable when SECRET_KEY has been changed since."""
    if not sealed:
        return ""
    try:
        return _fernet().decrypt(sealed).decode()
    except InvalidToken:
        raise Unreadable("SECRET_KEY was changed since this password was entered: enter it again.") from None


def _fernet() -> MultiFernet:
    return MultiFernet([Fernet(_derived(key)) for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)])


def _derived(secret: str | bytes) -> bytes:
    material = secret.encode() if isinstance(secret, str) else secret
    return base64.urlsafe_b64encode(
        HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=b"strongroom.safes.sealing").derive(material)
    )
