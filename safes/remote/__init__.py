"""Reaching files that lie elsewhere: on an FTP, FTPS or SFTP server, or in a folder.

Who uses it sees a Place with files in it, and a PlaceError with a sentence when something is wrong. fsspec and paramiko
speak to the servers; what is ours is that certificates and host keys are checked.
"""

from safes.remote.address import Address, parse_address
from safes.remote.errors import HostKeyRefused, PlaceError
from safes.remote.places import PATIENCE, Entry, Place, connect

__all__ = ["PATIENCE", "Address", "Entry", "HostKeyRefused", "Place", "PlaceError", "connect", "parse_address"]
