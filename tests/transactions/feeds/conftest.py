"""The file servers that the ground floor is tested with, for feeds."""

from tests.safes.remote.conftest import file_server, server_certificate, server_of

__all__ = ["file_server", "server_certificate", "server_of"]
