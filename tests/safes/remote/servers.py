"""Real file servers on loopback, each before a folder of the test's."""

from __future__ import annotations

import datetime as dt
import ipaddress
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from config.data_dir import CHECKOUT
from tests.safes.remote.serve import USER


@dataclass(frozen=True)
class FileServer:
    """A running server and a folder of it, which is ``folder`` on this machine and ``path`` there."""

    scheme: str
    folder: Path
    port: int = 0
    host_key: str = ""
    path: str = "/"

    @property
    def url(self) -> str:
        if self.scheme == "file":
            return f"file://{self.folder}"
        return f"{self.scheme}://{USER}@127.0.0.1:{self.port}{self.path}"

    def within(self, name: str) -> FileServer:
        """The same server, with another folder of it."""
        return replace(self, folder=self.folder / name, path=f"{self.path.rstrip('/')}/{name}")


@contextmanager
def serving(
    scheme: str, folder: Path, certificate: Path | None = None, *, cut: int | None = None, spoilt: str = ""
) -> Iterator[FileServer]:
    """A server of that scheme in a process of its own; for ``file`` the folder alone.

    With ``cut`` it drops the line in the middle of a file, after so many bytes. ``spoilt``, of SFTP: “open”, “rename”
    or “remove”, and what comes of it: “cut”, “hang” or “refuse”.
    """
    if scheme == "file":
        yield FileServer(scheme, folder)
        return
    words = [sys.executable, "-W", "ignore", "-m", "tests.safes.remote.serve", scheme, str(folder)]
    words += ["--certificate", str(certificate)] if certificate and scheme == "ftps" else []
    words += ["--cut", str(cut)] if cut is not None else []
    words += ["--spoilt", spoilt] if spoilt else []
    with subprocess.Popen(words, cwd=CHECKOUT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            said = json.loads(process.stdout.readline())
            yield FileServer(scheme, folder, said["port"], said["host_key"])
        finally:
            process.kill()


def certificate(into: Path) -> Path:
    """A certificate for 127.0.0.1 and its key, in one file; it is its own authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    into.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return into
