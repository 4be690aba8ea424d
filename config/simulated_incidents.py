"""Loomis's side of incidents from the command line: what simulate_loomis plays beside, or instead of, its pushes."""

from __future__ import annotations

import os
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.core.management.base import CommandParser

from incidents.simulation import NAMES, PretendFolder, PretendLoomis

Say = Callable[[str], None]
_FOLDER_SECONDS = 0.5


def add_options(parser: CommandParser) -> None:
    group = parser.add_argument_group("incidents", "Dispatches are taken until it is stopped, or all is pushed.")
    group.add_argument("--incidents-port", type=int, metavar="PORT", help="take dispatches there, on this machine")
    group.add_argument(
        "--update-url", metavar="URL", help="http://HOST/api/loomis/incidents/NAME, for what comes later"
    )
    group.add_argument("--update-key", metavar="KEY", help="its key")
    group.add_argument("--update-key-name", default="Authorization", metavar="HEADER")
    group.add_argument("--incidents-folder", metavar="DIR", help="take files from DIR/to_loomis, answer in from_loomis")
    group.add_argument("--bank-name", default="ExampleBank", help="what names of those files begin with")
    group.add_argument(
        "--behaviour", choices=NAMES, default="good", help="drawn: by the seed; “simulate: NAME” in a dispatch's notes"
    )
    group.add_argument("--incidents-pace", type=float, default=1.0, metavar="FACTOR", help="what delays are times")


def is_wanted(options: dict[str, Any]) -> bool:
    return options["incidents_port"] is not None or options["incidents_folder"] is not None


class Played:
    """What came, and what was said of it."""

    def __init__(self, loomis: PretendLoomis | None, folder: PretendFolder | None) -> None:
        self.loomis, self.folder = loomis, folder
        self.files: Counter[str] = Counter()

    def as_json(self) -> dict[str, Any]:
        received = len(self.loomis.received) if self.loomis else 0
        posted = [one for bag in self.loomis.mailbags.values() for one in bag.posted] if self.loomis else []
        return {
            "received": received + (len(self.folder.received) if self.folder else 0),
            "updates": dict(Counter(one.update.type for one in posted if one.ok)),
            "updates_refused": sum(not one.ok for one in posted),
            "files": dict(self.files),
        }


@contextmanager
def playing(options: dict[str, Any], say: Say) -> Iterator[Played]:
    """Play in the background. Raises ValueError, with a sentence, for options that do not go together."""
    _check(options)
    how = {"behaviour": options["behaviour"], "seed": options["seed"], "pace": options["incidents_pace"]}
    with ExitStack() as stack:
        played = Played(None, None)
        if options["incidents_port"] is not None:
            played.loomis = stack.enter_context(_listening(options["incidents_port"], how))
            name = urlsplit(options["update_url"]).path.strip("/").rpartition("/")[2]
            url = played.loomis.serve(name, options["update_url"], options["update_key"], options["update_key_name"])
            say(f"Dispatches are taken at {url}")
        if options["incidents_folder"] is not None:
            played.folder = _folder(Path(options["incidents_folder"]), options["bank_name"], how)
            say(f"Dispatches are taken from {played.folder.inbox}, and answered in {played.folder.outbox}")
            stack.enter_context(_looking(played.folder, played.files))
        yield played


def _check(options: dict[str, Any]) -> None:
    if options["incidents_port"] is not None and not (options["update_url"] and options["update_key"]):
        raise ValueError("Give --update-url and --update-key; add_loomis_account makes an account and shows both.")
    if not options["incidents_pace"] >= 0:
        raise ValueError("Give --incidents-pace as a number from 0.")


def _listening(port: int, how: dict[str, Any]) -> PretendLoomis:
    if not 0 <= port < 65536:
        raise ValueError("Give --incidents-port as a number from 0 (any that is free) to 65535.")
    try:
        return PretendLoomis(port=port, **how)
    except OSError as error:
        why = os.strerror(error.errno or 0).lower()
        raise ValueError(f"Port {port} cannot be used ({why}): choose another with --incidents-port.") from error


def _folder(path: Path, bank: str, how: dict[str, Any]) -> PretendFolder:
    try:
        return PretendFolder(path, bank=bank, **how)
    except OSError as error:
        raise ValueError(f"{path} cannot be used ({os.strerror(error.errno or 0).lower()}).") from error


@contextmanager
def _looking(folder: PretendFolder, files: Counter[str]) -> Iterator[None]:
    ended = threading.Event()

    def look() -> None:
        while not ended.wait(_FOLDER_SECONDS):
            files.update(name.rpartition("_")[2].removesuffix(".xml") for name in folder.look())

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
