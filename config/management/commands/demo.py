"""`make demo`: a retailer whose safes live. Days of history at once, then what happens now, pushed as Loomis pushes.

The daily files come after the pushes of history, one by one, with what was lost on the way; one of them never comes.
When a day is over, its tills say what they took; some days later a clerk and a supervisor sign it. Faults of safes and
ATMs are reported, and a simulated Loomis answers them (config.demo_incidents). Tills ask for loyalty cards, which
change hands (config.demo_cards).
Everything pushed is a function of a seed and of time, and a note in the data directory says how far it was told: ended
at any moment and started again, it goes on where it was and tells nothing anew.
"""

from __future__ import annotations

import datetime as dt
import io
import json
import secrets
import time
from pathlib import Path
from typing import Any

import httpx
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.data_dir import DataDir
from config.demo_cards import DemoCards
from config.demo_desk import PEOPLE, hire, sign_until
from config.demo_incidents import DemoIncidents
from config.demo_progress import Progress
from safes.models import Safe, Site
from transactions.models import Feed, PushEndpoint
from transactions.simulation.checking import CheckError, check, in_words
from transactions.simulation.collecting import facts_between
from transactions.simulation.delivering import Patience, Peer, Player
from transactions.simulation.estate import SimSafe, make_estate
from transactions.simulation.files import DailyFiles, FileHabits, put
from transactions.simulation.messages import Habits, told
from transactions.simulation.reporting import report
from transactions.simulation.takings import takings_between

ENDPOINT = "demo"
FEED = "demo"
READER, TILLS, DESK = "demo-check", "demo-tills", "demo-desk"
# An endpoint for tests that was arranged badly: pushes with an old key, and larger than it takes.
MISARRANGED = "demo-test"
SEED, SITES, SAFES = 7, 8, 24
HISTORY_STEP = dt.timedelta(hours=12)
# Live begins so long ago and is told faster than it happened, until it has caught up.
BEHIND = dt.timedelta(hours=12)
CATCHING_UP = (dt.timedelta(minutes=2), 4.0)  # what is told every so many seconds
REAL_TIME = (dt.timedelta(seconds=10), 10.0)
PATIENCE = Patience(interval=2.0, give_up=86_400.0)
HISTORY_HABITS = Habits(again=0.1, overlapping=0.12, with_broken_row=0.2)
LIVE_HABITS = Habits(again=0.1, overlapping=0.01, with_broken_row=0.01, late=0.0, lost_every=0)
HISTORY_BATCH = 300
FILE_HABITS = FileHabits(late=0.15, missing=0.0, never=(5,))
# The feed is looked through often, and files come so far apart that one sees the days turn complete.
POLL, SETTLE, BETWEEN_FILES = "2", "1", 2.0


class Command(BaseCommand):
    help = "Fills a running system with the life of a simulated retailer, over HTTP, until it is ended."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--url", required=True, help="where the system answers")
        parser.add_argument("--days", type=int, default=10, help="of history, the first time")
        parser.add_argument("--once", action="store_true", help="end when the history is told and checked")

    def handle(self, *args: Any, **options: Any) -> None:
        url = options["url"].rstrip("/")
        estate = make_estate(SEED, SITES, SAFES)
        self._register(estate)
        is_new = not PushEndpoint.objects.filter(name=ENDPOINT).exists()
        peer = Peer(f"{url}/api/loomis/transactions/{ENDPOINT}", _key(ENDPOINT))
        self._misarranged(url)
        progress = Progress.read(DataDir.from_environment().path / "demo.json", afresh=is_new)
        progress.begin(_now() - dt.timedelta(days=options["days"]))
        folder = DataDir.from_environment().path / "demo-files"
        _register_feed(folder)
        incidents = DemoIncidents(url, estate, progress, SEED, _told, self._say)
        cards = DemoCards(url, progress, SEED, self._account, self._say)
        if not options["once"]:
            incidents.begin(folder.parent)
            self._incidents(incidents, progress)
        self._history(estate, peer, progress)
        self._files(estate, folder, progress)
        self._takings(url, estate, progress)
        if options["once"]:
            return self._check(url, estate, progress)
        cards.begin(_now())
        try:
            self._check(url, estate, progress)
        except CommandError as error:
            # Worth a loud word; the system itself goes on.
            self.stderr.write(f"demo: {error}")
        while True:
            self._desk(progress)
            self._incidents(incidents, progress)
            cards.play_due(_now())
            self._live(estate, peer, progress)
            self._files(estate, folder, progress)
            self._takings(url, estate, progress)

    def _register(self, estate: list[SimSafe]) -> None:
        """Sites and safes, but for the last safe: one that nobody registered is a finding."""
        for site in dict.fromkeys(safe.site for safe in estate):
            if not Site.objects.filter(code=site.code).exists():
                _told("add_site", site.code, "--name", site.name, "--timezone", site.zone)
            serials = [safe.serial for safe in estate[:-1] if safe.site == site]
            there = Safe.objects.filter(serial_number__in=serials, placements__isnull=False)
            missing = sorted(set(serials) - set(there.values_list("serial_number", flat=True)))
            if missing:
                _told("add_safe", *missing, "--site", site.code)

    def _misarranged(self, url: str) -> None:
        if PushEndpoint.objects.filter(name=MISARRANGED).exists():
            return
        answer = _told("add_push_endpoint", MISARRANGED, "--environment", "test", "--max-body-bytes", "2000")
        address = f"{url}/api/loomis/transactions/{MISARRANGED}"
        with httpx.Client(timeout=30) as client:
            Peer(address, "the key of last year").request(client, b"{}")
            Peer(address, answer["key"]).request(client, b'{"Transactions": []}'.ljust(4000))

    def _history(self, estate: list[SimSafe], peer: Peer, progress: Progress) -> None:
        end = progress.next_end(_now() - BEHIND)
        if end <= progress.until:
            return
        self._say(f"Pushing what {len(estate)} safes did from {progress.until:%d %B} to {end:%d %B %H:%M} UTC")
        player = Player(peer, PATIENCE, say=self._say)
        files = DailyFiles(estate, progress.began, end, FILE_HABITS)

        def was_filed(date: dt.date) -> bool:
            return files.tells_of(date) and files.due(date) <= end

        messages = told(
            *(estate, progress.until, end, HISTORY_STEP),
            habits=HISTORY_HABITS,
            batch=HISTORY_BATCH,
            in_a_file=was_filed,
        )
        tally = player.play(messages)
        progress.told(end)
        self._say(f"{len(tally.facts)} transactions and {len(tally.audit_facts)} audit events are there")

    def _files(self, estate: list[SimSafe], folder: Path, progress: Progress) -> None:
        """Delivers the daily files whose time has come."""
        files = DailyFiles(estate, progress.began, progress.until, FILE_HABITS)
        for date in files.dates():
            if not progress.delivered < files.due(date) <= progress.until:
                continue
            file = files.of(date)
            self._say(f"Delivering {file.name}, with {file.rows} records")
            put(folder, file)
            progress.deliver(file.due)
            time.sleep(BETWEEN_FILES)

    def _takings(self, url: str, estate: list[SimSafe], progress: Progress) -> None:
        """Says what the tills of registered safes took on the days that are over."""
        reports = list(takings_between(estate[:-1], progress.reported, progress.until, began=progress.began))
        if reports:
            token = progress.till_token or progress.keep_till_token(self._account(TILLS, "back_office"))
            try:
                told = report(url, token, reports)
            except CheckError as error:
                raise CommandError(str(error)) from error
            self._say(f"The tills said what they took on the last days, in {told} lines")
        progress.report(progress.until)

    def _desk(self, progress: Progress) -> None:
        """Signs the days that are due, once a day; the first time there is somebody to do it."""
        if password := hire():
            people = ", ".join(f"{name} ({role.lower()})" for name, role in PEOPLE.items())
            self._say(f"At the desk are {people}, all with the password {password}")
        today = progress.until.date()
        if progress.signed < today:
            self._say(f"A clerk and a supervisor signed {sign_until(today)} days")
            progress.sign(today)

    def _incidents(self, incidents: DemoIncidents, progress: Progress) -> None:
        """Reports the faults whose time has come, as the system of an incident desk would."""
        token = progress.desk_token or progress.keep_desk_token(self._account(DESK, "back_office"))
        incidents.raise_due(_now(), token)

    def _account(self, name: str, role: str) -> str:
        """A token of a new account. Tokens are shown once: where the note of one is lost, another account is made."""
        return str(_told("add_api_user", f"{name}-{secrets.token_hex(3)}", "--role", role)["token"])

    def _check(self, url: str, estate: list[SimSafe], progress: Progress) -> None:
        """Raises CommandError, with a sentence, when what was pushed is not there once."""
        token = progress.token or progress.keep_token(self._account(READER, "reader"))
        expected = facts_between(estate, progress.began, progress.until)
        try:
            differences = check(url, token, expected, patience=60.0, say=self._say)
        except CheckError as error:
            raise CommandError(str(error)) from error
        if differences:
            raise CommandError("The books differ from what was pushed: " + "; ".join(in_words(differences)))
        self._say("The reading API has all of it, exactly once")

    def _live(self, estate: list[SimSafe], peer: Peer, progress: Progress) -> None:
        """Tells the next little while once it is over, and waits."""
        began = time.monotonic()
        step, pause = CATCHING_UP if _now() - progress.until > CATCHING_UP[0] * 2 else REAL_TIME
        end = progress.next_end(progress.until + step)
        time.sleep(max(0.0, (end - _now()).total_seconds()))
        Player(peer, PATIENCE, say=self._say).play(told(estate, progress.until, end, step, habits=LIVE_HABITS))
        progress.told(end)
        time.sleep(max(0.0, min(pause, pause - (time.monotonic() - began))))

    def _say(self, sentence: str) -> None:
        self.stdout.write(f"demo: {sentence}")
        self.stdout.flush()


def _now() -> dt.datetime:
    return dt.datetime.now(tz=dt.UTC).replace(microsecond=0)


def _key(endpoint: str) -> str:
    """The key of an endpoint that is made if need be; nobody keeps keys, so one that is there gets another."""
    if PushEndpoint.objects.filter(name=endpoint).exists():
        return str(_told("rotate_push_key", endpoint, "--overlap", "0")["key"])
    return str(_told("add_push_endpoint", endpoint)["key"])


def _register_feed(folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    if not Feed.objects.filter(name=FEED).exists():
        _told("add_feed", FEED, "--url", folder.as_uri(), "--poll", POLL, "--settle", SETTLE, "--after", "archive")


def _told(*words: str) -> dict[str, Any]:
    """What one of our commands says with --json."""
    out = io.StringIO()
    call_command(*words, "--json", stdout=out)
    answer: dict[str, Any] = json.loads(out.getvalue())
    return answer
