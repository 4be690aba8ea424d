"""SFTP by paramiko. A room of its own, entered when it is needed: paramiko takes every process 18 MB."""

from __future__ import annotations

import hmac

import paramiko
from fsspec import AbstractFileSystem
from fsspec.implementations.sftp import SFTPFileSystem

from safes.remote.address import Address
from safes.remote.errors import HostKeyRefused
from safes.remote.host_keys import fingerprint


def sftp_file_system(address: Address, password: str, host_key: str, seconds: float) -> AbstractFileSystem:
    """A connection of its own. Raises what paramiko raises, and HostKeyRefused."""
    return _Impatient(
        address.host,
        port=address.port,
        username=address.user,
        password=password,
        host_key_policy=Pinned(host_key),
        # Neither the keys nor the agent of whoever started the process: the password given, or nothing.
        look_for_keys=False,
        allow_agent=False,
        timeout=seconds,
        banner_timeout=seconds,
        auth_timeout=seconds,
        channel_timeout=seconds,
        skip_instance_cache=True,
    )


class _Impatient(SFTPFileSystem):  # type: ignore[misc]
    """Gives up on a server that falls silent after the log-in, too; paramiko would wait for it for ever."""

    def _connect(self) -> None:
        super()._connect()
        channel = self.ftp.get_channel()
        if channel is not None:
            channel.settimeout(self.ssh_kwargs["timeout"])


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
