"""How the host key of an SFTP server is written down, to be held against the one it shows. Pure."""

from __future__ import annotations

import base64
import binascii
import hashlib
import itertools


def fingerprint(key_blob: bytes) -> str:
    """A public key's fingerprint, as ssh-keygen -l shows it: SHA256: and base64 without padding."""
    return "SHA256:" + base64.b64encode(hashlib.sha256(key_blob).digest()).decode().rstrip("=")


def pinned_fingerprint(text: str) -> str:
    """The fingerprint of a host key given as a fingerprint, a public key, or a line of known_hosts.

    "" for nothing. Raises ValueError, with a sentence.
    """
    words = text.split()
    if not words:
        return ""
    for word in words:
        if word.startswith("SHA256:"):
            digest = word.removeprefix("SHA256:").rstrip("=")
            if len(digest) == 43 and digest.isascii():
                return f"SHA256:{digest}"
    for kind, blob in itertools.pairwise(words):
        if kind.startswith(("ssh-", "ecdsa-")):
            try:
                return fingerprint(base64.b64decode(blob, validate=True))
            except binascii.Error:
                break
    raise ValueError(
        "This is no host key: give its fingerprint (SHA256:…, from ssh-keygen -l) or the line that ssh-keyscan shows."
    )
