"""What can be wrong with a place elsewhere, as sentences that say what to do."""

from __future__ import annotations

import errno
import ftplib
import socket
import ssl
import sys
from collections.abc import Iterator
from contextlib import contextmanager


class PlaceError(Exception):
    """Files elsewhere cannot be reached, listed, fetched or moved; the message is a sentence for staff.

    ``broken`` says that the connection is of no use any more, also for other files; ``in_doubt`` that what was asked
    for may have happened nevertheless.
    """

    broken = False
    in_doubt = False


class HostKeyRefused(PlaceError):
    """A server showed a host key that is not pinned; ``shown`` is its fingerprint."""

    def __init__(self, sentence: str, shown: str) -> None:
        super().__init__(sentence)
        self.shown = shown


# After these a connection is of no use any more.
_BREAKING: tuple[type[Exception], ...] = (ConnectionError, EOFError, TimeoutError, ssl.SSLError)
# What paramiko raises, without a number, for a channel that broke before it was asked.
_CLOSED = "Socket is closed"


@contextmanager
def told(what: str) -> Iterator[None]:
    """Turn what libraries raise within into a PlaceError; ``what`` is what was being done: "list the folder /out"."""
    try:
        yield
    except PlaceError:
        raise
    except _expected() as error:
        told = PlaceError(sentence_of(error, what))
        told.broken = is_breaking(error)
        raise told from error


def is_breaking(error: Exception) -> bool:
    """Whether after this the connection is of no use any more."""
    return isinstance(error, _BREAKING + _of_paramiko("SSHException")) or (
        isinstance(error, OSError) and str(error) == _CLOSED
    )


def _expected() -> tuple[type[Exception], ...]:
    return (OSError, EOFError, UnicodeError, ftplib.Error, *_of_paramiko("SSHException"))


def _of_paramiko(*names: str) -> tuple[type[Exception], ...]:
    """Exceptions of paramiko, none as long as nobody has needed it (safes/remote/sftp.py)."""
    room = sys.modules.get("paramiko.ssh_exception")
    return tuple(getattr(room, name) for name in names) if room else ()


def sentence_of(error: Exception, what: str) -> str:
    """One sentence, or two, on what went wrong while doing ``what``. Never a password: libraries' texts have none."""
    if isinstance(error, _of_paramiko("AuthenticationException")):
        return "The server refused the log-in: check user name and password."
    if isinstance(error, (ConnectionRefusedError, *_of_paramiko("NoValidConnectionsError"))):
        return "The connection was refused: is the server running, and are host and port right?"
    match error:
        case ssl.SSLCertVerificationError():
            return f"The server's certificate is not trusted ({error.verify_message}): Strongroom did not {what}."
        case ssl.SSLError():
            return f"TLS failed ({error.reason or 'no reason given'}): is this the right port, and does it speak TLS?"
        case socket.gaierror():
            return "The name of the server is not known: check how the host is spelt."
        case TimeoutError():
            return f"The server did not answer in time: Strongroom could not {what}."
        case FileNotFoundError():
            return f"There is no such file or folder: Strongroom could not {what}."
        case PermissionError():
            return f"The server does not allow it: Strongroom could not {what}. Check the rights of its user there."
        case _ if is_breaking(error):
            return f"The connection broke: Strongroom could not {what}. It is tried again."
        case UnicodeError():
            return f"The server has names that are not in UTF-8: Strongroom could not {what}. Rename those files."
        case OSError() if error.errno == errno.ENOSPC:
            return f"The disk is full: Strongroom could not {what}. Make room; it is tried again."
    said = " ".join(str(error).split())[:200]
    if isinstance(error, ftplib.error_perm) and said.startswith("530"):
        return f"The server refused the log-in ({said}): check user name and password."
    if isinstance(error, ftplib.error_perm) and said.startswith("550"):
        return f"The server says “{said}”: Strongroom could not {what}. Is the folder right, and may the user do this?"
    if said.startswith(("452", "552")):
        return f"The server's disk is full ({said}): Strongroom could not {what}."
    return f"Strongroom could not {what}: {said or type(error).__name__}."
