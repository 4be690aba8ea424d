"""Who calls: a machine account, by its token or its password. Machine paths know no session and no cookie.

CONTRACT.md, "Reading API"; DESIGN.md, "Security": generated secrets need no slow hash, so a call costs one query.
"""

from __future__ import annotations

import base64
import binascii

import structlog
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from safes.accounts import account_of_password, account_of_token
from safes.models import MachineAccount

log = structlog.get_logger(__name__)

Known = tuple[MachineAccount, None]


class _MachineAuthentication(BaseAuthentication):
    """Reads ``Authorization: SCHEME …``; another scheme is left to the next class."""

    scheme: str
    shown: str

    def authenticate(self, request: Request) -> Known | None:
        scheme, _, shown = request.headers.get("Authorization", "").strip().partition(" ")
        if scheme.lower() != self.scheme.lower():
            return None
        account = self.account(shown.strip())
        if account is None:
            log.warning("machine_account_refused", scheme=self.scheme)
            raise AuthenticationFailed(f"The {self.shown} is wrong, or the account is not active.")
        return account, None

    def account(self, shown: str) -> MachineAccount | None:
        raise NotImplementedError

    def authenticate_header(self, request: Request) -> str:
        # Both, whichever was tried: some clients show their password only after being asked for it.
        return 'Token realm="Strongroom", Basic realm="Strongroom", charset="UTF-8"'


class TokenAuthentication(_MachineAuthentication):
    """``Authorization: Token …``"""

    scheme = "Token"
    shown = "token"

    def account(self, shown: str) -> MachineAccount | None:
        return account_of_token(shown)


class BasicAuthentication(_MachineAuthentication):
    """``Authorization: Basic …``, the name and the password of the account."""

    scheme = "Basic"
    shown = "name or the password"

    def account(self, shown: str) -> MachineAccount | None:
        try:
            username, colon, password = base64.b64decode(shown, validate=True).decode().partition(":")
        except (binascii.Error, ValueError):  # not base64, not UTF-8
            return None
        return account_of_password(username, password) if colon else None


class TokenScheme(OpenApiAuthenticationExtension):
    """How the schema tells of the token."""

    target_class = TokenAuthentication
    name = "token"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "The word “Token”, a space, and the token that add_api_user showed.",
        }


class BasicScheme(OpenApiAuthenticationExtension):
    """How the schema tells of the password."""

    target_class = BasicAuthentication
    name = "basic"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        return {"type": "http", "scheme": "basic"}
