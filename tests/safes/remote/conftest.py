"""One test, four kinds of places."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.safes.remote.servers import FileServer, certificate, serving


@pytest.fixture(scope="session")
def server_certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return certificate(tmp_path_factory.mktemp("tls") / "server.pem")


@pytest.fixture(scope="session")
def server_of(
    tmp_path_factory: pytest.TempPathFactory, server_certificate: Path
) -> Iterator[Callable[[str], FileServer]]:
    """The server of a scheme, started when it is first asked for."""
    running: dict[str, FileServer] = {}
    with ExitStack() as stack:

        def server(scheme: str) -> FileServer:
            if scheme not in running:
                root = tmp_path_factory.mktemp(scheme)
                running[scheme] = stack.enter_context(serving(scheme, root, server_certificate))
            return running[scheme]

        yield server


@pytest.fixture(params=["file", "ftp", "ftps", "sftp"])
def file_server(
    request, tmp_path: Path, server_of: Callable[[str], FileServer], server_certificate: Path, settings
) -> FileServer:
    """A server of each kind, and an empty folder on it."""
    settings.REMOTE_CA_FILE = str(server_certificate)
    server = server_of(request.param).within(tmp_path.name)
    server.folder.mkdir()
    return server
