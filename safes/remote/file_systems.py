"""fsspec's file systems, with the checks that they leave out."""

from __future__ import annotations

import ssl
from ftplib import FTP_TLS
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string
from fsspec import AbstractFileSystem
from fsspec.implementations.ftp import FTPFileSystem
from fsspec.implementations.local import LocalFileSystem

from safes.remote.address import Address


class _ResumingTLS(FTP_TLS):
    """FTPS whose data connections resume the session of the control connection, which many servers insist on."""

    def ntransfercmd(self, cmd: str, rest: int | str | None = None) -> tuple[Any, int | None]:
        connection, size = super(FTP_TLS, self).ntransfercmd(cmd, rest)
        control = self.sock
        session = control.session if isinstance(control, ssl.SSLSocket) else None
        return self.context.wrap_socket(connection, server_hostname=self.host, session=session), size


class VerifiedFTPS(FTPFileSystem):  # type: ignore[misc]
    """Explicit TLS (RFC 4217) for commands and data, with the server's certificate checked, which ftplib does not."""

    def _connect(self) -> None:
        context = ssl.create_default_context(cafile=settings.REMOTE_CA_FILE or None)
        # The session of the control connection cannot be resumed for data under TLS 1.3 by Python's ssl.
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        self.ftp = _ResumingTLS(timeout=self.timeout, encoding=self.encoding, context=context)
        self.ftp.connect(self.host, self.port)
        self.ftp.login(*self.cred)


def file_system(address: Address, password: str, host_key: str, seconds: float) -> AbstractFileSystem:
    """A connection of its own to where an address is. Raises what the libraries raise."""
    # Not one that somebody else uses at the same time, and never what lay there before.
    fresh = {"skip_instance_cache": True}
    match address.scheme:
        case "file":
            if not Path(address.path).is_dir():
                raise FileNotFoundError(address.path)
            return LocalFileSystem(**fresh)
        case "ftp" | "ftps":
            kind, tls = (VerifiedFTPS, True) if address.scheme == "ftps" else (FTPFileSystem, False)
            return kind(
                address.host,
                address.port,
                address.user,
                password,
                timeout=seconds,
                tls=tls,
                use_listings_cache=False,
                **fresh,
            )
        case "sftp":
            found: AbstractFileSystem = import_string("safes.remote.sftp.sftp_file_system")(
                address, password, host_key, seconds
            )
            return found
    raise AssertionError(address.scheme)
