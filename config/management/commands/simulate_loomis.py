"""simulate_loomis --url URL --key KEY"""

from __future__ import annotations

import csv
import datetime as dt
import threading
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from config import simulated_incidents
from safes.commands import Result, SentenceCommand
from transactions.simulation.checking import check, in_words
from transactions.simulation.delivering import PLACEMENTS, Patience, Peer, Player
from transactions.simulation.estate import SimSafe, make_estate
from transactions.simulation.files import DailyFile, DailyFiles, put
from transactions.simulation.messages import LARGEST_BATCH, Message, told
from transactions.simulation.reporting import report
from transactions.simulation.takings import takings_between

# Unpaced, Loomis's 24 hours of trying again take 72 seconds.
_HURRY = 1200.0
_LIVE_STEP = dt.timedelta(seconds=10)


class Command(SentenceCommand):
    help = (
        "Plays Loomis against any Strongroom, over HTTP alone: days of several sites, with retries, repeats, shuffles, "
        "twins and every published oddity; then checks through the reading API that all of it is there once. It also "
        "answers dispatches of incidents. The same seed, start and days say the same again."
    )
    # It needs neither the database nor the settings of the system it pushes to.
    requires_system_checks = ()

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument("--url", help="address of a push endpoint: http://HOST/api/loomis/transactions/NAME")
        parser.add_argument("--key", help="its key")
        parser.add_argument("--key-name", default="Authorization")
        parser.add_argument("--placement", choices=PLACEMENTS, default="header")
        parser.add_argument("--read-url", metavar="BASE", help="where the reading API is: http://HOST")
        parser.add_argument("--read-token", metavar="TOKEN", help="of an account that may read")
        parser.add_argument("--environment", choices=("production", "test"), help="of the endpoint; none: production")
        parser.add_argument("--patience", type=float, default=30.0, metavar="SECONDS", help="the check waits at most")
        parser.add_argument("--sites", type=int, default=3)
        parser.add_argument("--safes", type=int, default=6, help="over all sites")
        parser.add_argument("--days", type=int, default=2)
        parser.add_argument("--start", metavar="DATE", help="first day (UTC): 2026-11-01; none: so that it ends today")
        parser.add_argument("--seed", type=int, default=1, help="another seed, other safes with another story")
        parser.add_argument("--batch", type=int, default=LARGEST_BATCH, help="records a message at most")
        parser.add_argument("--collect", type=float, default=1.0, metavar="HOURS", help="how often safes are collected")
        parser.add_argument("--files-to", metavar="DIR", help="write daily files there, also of what pushes lost")
        parser.add_argument(
            "--takings-token", metavar="TOKEN", help="of an account with the role back_office: say what the tills say"
        )
        parser.add_argument("--speed", type=float, help="so many times real time; none: as fast as it is answered")
        parser.add_argument("--live", action="store_true", help="from now on, in real time, for so many days")
        parser.add_argument("--retry-interval", type=float, metavar="SECONDS", help="between tries of a message")
        parser.add_argument("--give-up", type=float, metavar="SECONDS", help="after which a message is discarded")
        parser.add_argument("--connections", type=int, default=2)
        parser.add_argument("--estate", action="store_true", help="only say which sites and safes to register")
        parser.add_argument("--estate-csv", metavar="DIR", help="write them as sites.csv and safes.csv there, too")
        simulated_incidents.add_options(parser)

    def work(self, **options: Any) -> Result:
        estate = make_estate(options["seed"], options["sites"], options["safes"])
        result: Result = {"seed": options["seed"], "register": commands(estate)}
        if options["estate_csv"]:
            result["estate_csv"] = write_csv(estate, Path(options["estate_csv"]))
        if options["estate"] or (options["estate_csv"] and not options["url"]):
            return result
        if simulated_incidents.is_wanted(options) and not options["url"]:
            return self._play_incidents(options)
        if not options["url"] or not options["key"]:
            raise ValueError("Give --url and --key of a push endpoint; add_push_endpoint makes one and shows both.")
        if bool(options["read_url"]) != bool(options["read_token"]):
            raise ValueError("Give --read-url and --read-token together; add_api_user makes an account with a token.")
        if options["takings_token"] and not options["read_url"]:
            raise ValueError("Give --read-url, too: takings are told where the reading API is.")
        with ExitStack() as stack:
            if simulated_incidents.is_wanted(options):
                incidents = stack.enter_context(simulated_incidents.playing(options, self._say))
                return result | self._play(estate, options) | {"incidents": incidents.as_json()}
            return result | self._play(estate, options)

    def _play_incidents(self, options: dict[str, Any]) -> Result:
        """Take dispatches until somebody stops it."""
        with simulated_incidents.playing(options, self._say) as incidents, suppress(KeyboardInterrupt):
            self._say("Ctrl-C ends it")
            threading.Event().wait()
        return {"incidents": incidents.as_json()}

    def _play(self, estate: list[SimSafe], options: dict[str, Any]) -> Result:
        first, last, step = _period(options)
        speed = 1.0 if options["live"] else options["speed"]
        patience = Patience.at_speed(speed or _HURRY)
        if options["retry_interval"] or options["give_up"]:
            patience = Patience(options["retry_interval"] or patience.interval, options["give_up"] or patience.give_up)
        player = Player(
            Peer(options["url"], options["key"], options["key_name"], options["placement"]),
            patience,
            connections=options["connections"],
            pace=speed,
            origin=first,
            say=self._say,
        )
        self._say(f"Pushing what {len(estate)} safes did from {first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M} UTC")
        messages = self._messages(estate, first, last, step, player, options)
        try:
            player.play(messages)
        except KeyboardInterrupt:
            self._say("Stopped; what was under way may be missing")
        result: Result = {"from": first.isoformat(), "to": last.isoformat(), **player.tally.as_json()}
        if options["takings_token"]:
            self._say("Saying what the tills say")
            reports = takings_between(estate, first, last)
            result["takings"] = report(options["read_url"], options["takings_token"], reports)
        if options["read_url"]:
            self._say("Checking through the reading API")
            expected = (player.tally.facts, player.tally.audit_facts)
            differences = check(
                options["read_url"],
                options["read_token"],
                expected,
                environment=options["environment"],
                patience=options["patience"],
                say=self._say,
            )
            result |= {"checked": True, "difference_count": len(differences), "differences": in_words(differences)}
        return result

    def _messages(
        self,
        estate: list[SimSafe],
        first: dt.datetime,
        last: dt.datetime,
        step: dt.timedelta,
        player: Player,
        options: dict[str, Any],
    ) -> Iterator[Message]:
        """The messages to push; where files are wanted, each is written when its time has come between them."""
        if not options["files_to"]:
            yield from told(estate, first, last, step, batch=options["batch"])
            return
        files = DailyFiles(estate, first, last)
        waiting = iter(files)
        file = next(waiting, None)
        for message in told(estate, first, last, step, batch=options["batch"], in_a_file=files.tells_of):
            while file and file.due <= message.due:
                self._put(file, player, options["files_to"])
                file = next(waiting, None)
            yield message
        while file:  # what comes when the last push is long over
            self._put(file, player, options["files_to"])
            file = next(waiting, None)

    def _put(self, file: DailyFile, player: Player, folder: str) -> None:
        try:
            put(Path(folder), file)
        except OSError as error:
            raise ValueError(f"{file.name} cannot be written to {folder} ({error.strerror}).") from error
        player.tally.note_file(file)
        self._say(f"{file.name} was delivered, with {file.rows} records")

    def _say(self, sentence: str) -> None:
        self.stderr.write(sentence, style_func=str)
        self.stderr.flush()

    def complaint(self, result: Result) -> str | None:
        complaints = []
        if result.get("expired"):
            complaints.append(f"{result['expired']} messages were given up, and what they told is not there.")
        if result.get("difference_count"):
            shown = "\n  ".join(result["differences"])
            complaints.append(f"{result['difference_count']} records are not there as often as sent:\n  {shown}")
        return "\n".join(complaints) or None

    def tell(self, result: Result) -> str:
        lines = []
        if "register" in result:
            lines = ["Register its sites and safes with:", *(f"  {command}" for command in result["register"])]
        if "messages" in result:
            why = ", ".join(f"{count} {reason}" for reason, count in result["messages_by_reason"].items())
            lines += [
                f"Sent {result['messages']} messages ({why}) in {result['requests']} requests, {result['retries']} of "
                f"them tries again; answers by status: {_counted(result['answers'])}; {_counted(result['outcomes'])}.",
                f"They held {result['records_sent']} records of {result['transactions']} transactions and "
                f"{result['audit_events']} audit events, {result['twins']} of these genuine twins; "
                f"{result['expected_quarantine']} broken rows should be in quarantine.",
            ]
            if result["files"]:
                lines.append(f"{result['files']} daily files held {result['records_in_files']} records.")
            if "takings" in result:
                lines.append(f"The tills said {result['takings']} takings.")
        if "incidents" in result:
            told = result["incidents"]
            lines.append(
                f"{told['received']} dispatches and cancels came; updates sent: {_counted(told['updates'])}, and "
                f"{told['updates_refused']} not taken at first; files: {_counted(told['files'])}."
            )
        if "checked" in result and not result["difference_count"]:
            lines.append("All of it is there, exactly once.")
        return "\n".join(lines)


def _counted(counts: dict[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in sorted(counts.items())) or "none"


def _period(options: dict[str, Any]) -> tuple[dt.datetime, dt.datetime, dt.timedelta]:
    """From when, to when, and how often safes are collected. Raises ValueError, with a sentence."""
    days = options["days"]
    if not 0 < days <= 3660 or not 0 < options["collect"] <= 24:
        raise ValueError("Give --days from 1 to 3660, and --collect in hours, up to 24.")
    if not 0 < options["batch"] <= 100_000 or not 0 < options["connections"] <= 64:
        raise ValueError("Give --batch from 1 to 100000, and --connections from 1 to 64.")
    if options["speed"] is not None and not options["speed"] > 0:
        raise ValueError("Give --speed as a number above 0, such as 60 for an hour a minute.")
    now = dt.datetime.now(tz=dt.UTC)
    if options["live"]:
        begin = now.replace(microsecond=0)
        return begin, begin + dt.timedelta(days=days), _LIVE_STEP
    step = dt.timedelta(hours=options["collect"])
    if options["start"] is None:
        end = now.replace(hour=0, minute=0, second=0, microsecond=0)
        return end - dt.timedelta(days=days), end, step
    try:
        begin = dt.datetime.combine(dt.date.fromisoformat(options["start"]), dt.time(), dt.UTC)
    except ValueError:
        raise ValueError(f"“{options['start'][:20]}” is not a date: give --start as 2026-11-01.") from None
    return begin, begin + dt.timedelta(days=days), step


def commands(estate: list[SimSafe]) -> list[str]:
    """What registers the simulated sites and safes."""
    lines = []
    for site in dict.fromkeys(safe.site for safe in estate):
        serials = " ".join(safe.serial for safe in estate if safe.site == site)
        lines.append(f"manage.py add_site {site.code} --name '{site.name}' --timezone {site.zone}")
        lines.append(f"manage.py add_safe {serials} --site {site.code}")
    return lines


def write_csv(estate: list[SimSafe], folder: Path) -> list[str]:
    """sites.csv and safes.csv, for the upload in the staff site. Raises ValueError, with a sentence."""
    sites = dict.fromkeys(safe.site for safe in estate)
    tables: dict[str, list[tuple[str, ...]]] = {
        "sites.csv": [("code", "name", "time_zone"), *((site.code, site.name, site.zone) for site in sites)],
        "safes.csv": [("serial_number", "site"), *((safe.serial, safe.site.code) for safe in estate)],
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, rows in tables.items():
            with (folder / name).open("w", newline="", encoding="utf-8") as file:
                csv.writer(file).writerows(rows)
    except OSError as error:
        raise ValueError(f"The files cannot be written to {folder} ({error.strerror}).") from error
    return [str(folder / name) for name in tables]
