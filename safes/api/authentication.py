"""Who calls: a machine account, by its token or its password. Machine paths know no session and no cookie.

CONTRACT.md, "Reading API"; DESIGN.md, "Security": generated secrets need no slow hash, so a call costs one query.
"""

from __future__ import annotations

import structlog
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from safes.accounts import account_of_token
from safes.authorization import CHALLENGE, account_of_basic, scheme_and_rest
from safes.models import MachineAccount

log = structlog.get_logger(__name__)

Known = tuple[MachineAccount, None]


class _MachineAuthentication(BaseAuthentication):
    """Reads ``Authorization: SCHEME …``; another scheme is left to the next class."""

    scheme: str
    shown: str

    def authenticate(self, request: Request) -> Known | None:
        scheme, shown = scheme_and_rest(request.headers.get("Authorization", ""))
        if scheme != self.scheme.lower():
            return None
        account = self.account(shown)
        if account is None:
            log.warning("machine_account_refused", scheme=self.scheme)
            raise AuthenticationFailed(f"The {self.shown} is wrong, or the account is not active.")
        return account, None

    def account(self, shown: str) -> MachineAccount | None:
        raise NotImplementedError

    def authenticate_header(self, request: Request) -> str:
        return CHALLENGE


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
        return account_of_basic(shown)


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
