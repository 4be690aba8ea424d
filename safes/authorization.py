"""What a machine account shows in ``Authorization``: its token, or its name and password. For every door that asks.

DESIGN.md, "Security": generated secrets need no slow hash, so knowing who calls costs one query.
"""

from __future__ import annotations

import base64
import binascii

from safes.accounts import account_of_password, account_of_token
from safes.models import MachineAccount

# Both, whichever was tried: some clients show their password only after being asked for it.
_REALM = 'realm="Strongroom"'
CHALLENGE = f'Token {_REALM}, Basic {_REALM}, charset="UTF-8"'
# For callers who were promised Basic, and may know nothing else.
BASIC_CHALLENGE = f'Basic {_REALM}, charset="UTF-8"'


def scheme_and_rest(header: str) -> tuple[str, str]:
    """The scheme in lower case, and what stands after it."""
    scheme, _, rest = header.strip().partition(" ")
    return scheme.lower(), rest.strip()


def account_of_header(header: str) -> MachineAccount | None:
    """The active account that is shown by ``Token …`` or ``Basic …``. One query; none for any other scheme."""
    scheme, rest = scheme_and_rest(header)
    if scheme == "basic":
        return account_of_basic(rest)
    return account_of_token(rest) if scheme == "token" else None


def account_of_basic(shown: str) -> MachineAccount | None:
    """By what stands after ``Basic``: base64 of the name, a colon and the password."""
    try:
        username, colon, password = base64.b64decode(shown, validate=True).decode().partition(":")
    except (binascii.Error, ValueError):  # not base64, not UTF-8
        return None
    return account_of_password(username, password) if colon else None
