"""Where files lie, as one URL. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote, unquote, urlsplit

DEFAULT_PORTS = {"ftp": 21, "ftps": 21, "sftp": 22, "file": 0}


@dataclass(frozen=True)
class Address:
    """A folder on a server. ``path`` is absolute on the server, without a slash at its end unless it is the root."""

    scheme: str
    host: str
    port: int
    user: str
    path: str

    @property
    def url(self) -> str:
        """The URL, which never holds a password."""
        if self.scheme == "file":
            return f"file://{quote(self.path)}"
        user = f"{quote(self.user, safe='')}@" if self.user else ""
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = f":{self.port}" if self.port != DEFAULT_PORTS[self.scheme] else ""
        return f"{self.scheme}://{user}{host}{port}{quote(self.path)}"


def parse_address(url: str) -> tuple[Address, str]:
    """The address that a URL gives, and the password in it ("" without one).

    Raises ValueError, with a sentence that does not repeat the URL: a password may stand in it.
    """
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:
        raise ValueError("The URL cannot be read: write it as sftp://user@host:port/folder.") from None
    if parts.scheme not in DEFAULT_PORTS:
        raise ValueError("The URL must begin with ftp://, ftps://, sftp:// or file:///.")
    if parts.query or parts.fragment:
        raise ValueError("The URL has a ? or # in it: write %3F or %23 if they belong to the folder or the password.")
    path = unquote(parts.path)
    if "\x00" in path or "\r" in path or "\n" in path or ".." in path.split("/"):
        raise ValueError("The folder of the URL must be written out, without “..” and line breaks.")
    path = "/" + path.strip("/")
    if parts.scheme == "file":
        if parts.netloc:
            raise ValueError("A folder is written with three slashes: file:///srv/loomis.")
        return Address("file", "", 0, "", path), ""
    if not parts.hostname:
        raise ValueError("The URL names no server: write it as sftp://user@host:port/folder.")
    address = Address(
        scheme=parts.scheme,
        host=parts.hostname,
        port=port or DEFAULT_PORTS[parts.scheme],
        user=unquote(parts.username or ""),
        path=path,
    )
    return address, unquote(parts.password or "")
