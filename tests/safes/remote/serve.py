"""A real FTP, FTPS or SFTP server in a process of its own: `python -m tests.safes.remote.serve KIND FOLDER [options]`.

Says its port and host key in one line of JSON, and serves until its standard input ends.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import sys
import threading
from typing import Any

USER, PASSWORD = "loomis", "pass word/#1"


def say(port: int, host_key: str = "") -> None:
    sys.stdout.write(json.dumps({"port": port, "host_key": host_key}) + "\n")
    sys.stdout.flush()


def serve_ftp(folder: str, certificate: str | None, cut: int | None) -> None:
    """FTP, or with a certificate (PEM with its key) FTPS that takes neither log-in nor data without TLS."""
    from pyftpdlib.authorizers import DummyAuthorizer
    from pyftpdlib.handlers import DTPHandler, FTPHandler, TLS_FTPHandler
    from pyftpdlib.servers import ThreadedFTPServer

    logging.basicConfig(level=logging.ERROR)
    authorizer = DummyAuthorizer()
    authorizer.add_user(USER, PASSWORD, folder, perm="elradfmwMT")
    told: dict[str, Any] = {"authorizer": authorizer, "auth_failed_timeout": 0, "banner": "ready"}
    if certificate is not None:
        told |= {"certfile": certificate, "tls_control_required": True, "tls_data_required": True}
    base = TLS_FTPHandler if certificate else FTPHandler

    class Cutting(DTPHandler):  # type: ignore[misc]
        def send(self, data: bytes) -> int:
            if cut is not None and self.get_transmitted_bytes() > cut:
                self.cmd_channel.close()
                return 0
            return int(super().send(data))

    if cut is not None:
        told |= {"dtp_handler": Cutting, "use_sendfile": False}
    server = ThreadedFTPServer(("127.0.0.1", 0), type("Handler", (base,), told))
    say(server.address[1])
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.read()


def serve_sftp(folder: str, cut: int | None, spoilt: str) -> None:
    """SFTP with a host key of its own, so that no two servers have the same. ``spoilt``: "rename cut", "open hang" …"""
    import asyncssh

    key = asyncssh.generate_private_key("ssh-ed25519")

    class Doorkeeper(asyncssh.SSHServer):
        def password_auth_supported(self) -> bool:
            return True

        def validate_password(self, username: str, password: str) -> bool:
            return (username, password) == (USER, PASSWORD)

    class Files(asyncssh.SFTPServer):
        def read(self, file_obj: object, offset: int, size: int) -> Any:
            if cut is not None and offset > cut:
                self.channel.get_connection().abort()
            return super().read(file_obj, offset, size)

        def open(self, path: bytes, pflags: int, attrs: Any) -> Any:
            return self.spoil("open") or super().open(path, pflags, attrs)

        def posix_rename(self, oldpath: bytes, newpath: bytes) -> Any:
            return self.spoil("rename") or super().posix_rename(oldpath, newpath)

        def remove(self, path: bytes) -> Any:
            return self.spoil("remove") or super().remove(path)

        def spoil(self, operation: str) -> Any:
            """What happens instead of an operation; None where it is not the one."""
            match spoilt.split():
                case [named, "cut"] if named == operation:
                    self.channel.get_connection().abort()
                case [named, "hang"] if named == operation:
                    return asyncio.Event().wait()
                case [named, "refuse"] if named == operation:
                    raise asyncssh.SFTPPermissionDenied("not here")
            return None

    async def serve() -> None:
        acceptor = await asyncssh.listen(
            "127.0.0.1",
            0,
            server_host_keys=[key],
            server_factory=Doorkeeper,
            sftp_factory=lambda channel: Files(channel, chroot=folder.encode()),
        )
        say(acceptor.get_port(), key.export_public_key().decode().strip())
        await asyncio.to_thread(sys.stdin.read)

    asyncio.run(serve())


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("kind", choices=["ftp", "ftps", "sftp"])
    parser.add_argument("folder")
    parser.add_argument("--certificate", help="for FTPS: a file in PEM that has the key too")
    parser.add_argument("--cut", type=int, metavar="BYTES", help="drop the line after so many bytes of a file")
    parser.add_argument("--spoilt", default="", help="for SFTP: what goes wrong, such as “rename cut”")
    asked = parser.parse_args()
    if asked.kind == "sftp":
        serve_sftp(asked.folder, asked.cut, asked.spoilt)
    else:
        serve_ftp(asked.folder, asked.certificate, asked.cut)
