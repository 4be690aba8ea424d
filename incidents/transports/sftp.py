"""Sending a file over SFTP: under a temporary name, then renamed. Delivered is what was renamed."""

from __future__ import annotations

import io
from dataclasses import dataclass, replace

from incidents.transports.judging import Outcome, Result
from safes.remote import Address, PlaceError, connect, parse_address

TO_LOOMIS, FROM_LOOMIS = "to_loomis", "from_loomis"


@dataclass(frozen=True, slots=True)
class Upload:
    """A file, and the server it goes to; ``url`` is that of the account, above the two folders."""

    url: str
    password: str
    host_key: str
    name: str
    body: bytes


def folder_of(url: str, name: str) -> Address:
    """One of the two folders of an account. Raises ValueError, with a sentence, for a URL that cannot be read."""
    address, _ = parse_address(url)
    return replace(address, path=f"{address.path.rstrip('/')}/{name}")


def upload(file: Upload, seconds: float) -> Result:
    """Put a file where Loomis looks. ``seconds``: what the server may take for each step. Again is the same."""
    try:
        with connect(
            folder_of(file.url, TO_LOOMIS), password=file.password, host_key=file.host_key, seconds=seconds
        ) as place:
            place.put(file.name, io.BytesIO(file.body))
    except PlaceError as error:
        if error.in_doubt:
            return Result(Outcome.UNKNOWN, f"{error} Whether the file is there is not known.", True)
        return Result(Outcome.NOT_ARRIVED, str(error))
    except ValueError as error:
        return Result(Outcome.REFUSED, str(error))
    return Result(Outcome.DELIVERED, may_have_arrived=True)
