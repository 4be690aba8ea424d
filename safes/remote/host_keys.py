"""The host key of an SFTP server, pinned: another one is refused. Pure but for paramiko's types."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import itertools

import paramiko

from safes.remote.errors import HostKeyRefused


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


class Pinned(paramiko.MissingHostKeyPolicy):
    """Lets in the server whose key has the pinned fingerprint, and no other."""

    def __init__(self, pinned: str) -> None:
        self.pinned = pinned

    def missing_host_key(self, client: paramiko.SSHClient, hostname: str, key: paramiko.PKey) -> None:
        shown = fingerprint(key.asbytes())
        if not self.pinned:
            raise HostKeyRefused(
                f"No host key is pinned for this server. It shows {shown}: compare that with what its operator says, "
                "and enter it as the host key.",
                shown,
            )
        if not hmac.compare_digest(shown, self.pinned):
            raise HostKeyRefused(
                f"The server shows the host key {shown}, and {self.pinned} is pinned. Nothing was sent to it. Ask its "
                "operator whether the key was changed, and enter the new one only if they say so.",
                shown,
            )
