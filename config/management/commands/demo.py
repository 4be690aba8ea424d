"""`make demo`: a site, a safe, an endpoint, and a day of pushes sent to the running system as Loomis sends them."""

import datetime as dt
import io
import json
import random
import urllib.request
import uuid
from typing import Any
from zoneinfo import ZoneInfo

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from safes.models import Site
from transactions.models import PushEndpoint

STORE = ZoneInfo("America/Chicago")
SERIAL = "DEMO001"
NOTES = (5, 10, 20, 50)
DROPS_PER_PUSH = 12
PUSHES = 8


class Command(BaseCommand):
    help = "Puts example data into a running system. May be run again: it adds another day of pushes."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--url", required=True, help="where the system answers")

    def handle(self, *args: Any, **options: Any) -> None:
        if not Site.objects.filter(code="DEMO").exists():
            told("add_site", "DEMO", "--name", "The demonstration store", "--timezone", STORE.key)
            told("add_safe", SERIAL, "--site", "DEMO")
        if PushEndpoint.objects.filter(name="demo").exists():
            key = told("rotate_push_key", "demo", "--overlap", "0")["key"]
        else:
            key = told("add_push_endpoint", "demo")["key"]
        created = sum(push(options["url"], key, body) for body in day_of_pushes(dt.datetime.now(tz=dt.UTC)))
        self.stdout.write(
            f"The demonstration store's safe {SERIAL} sent {PUSHES} pushes with {created} transactions. See them as "
            f"staff at {options['url']}admin/"
        )


def told(*words: str) -> dict[str, Any]:
    """What one of our commands says with --json."""
    out = io.StringIO()
    call_command(*words, "--json", stdout=out)
    answer: dict[str, Any] = json.loads(out.getvalue())
    return answer


def day_of_pushes(now: dt.datetime) -> list[dict[str, Any]]:
    """Drops by two cashiers over the last hours, one of them a pickup, cut into messages."""
    luck = random.Random(now.isoformat())  # noqa: S311 - nothing secret about a demonstration
    moment = now.replace(microsecond=0) - dt.timedelta(hours=PUSHES)
    pushes = []
    for number in range(PUSHES):
        rows = []
        for _ in range(DROPS_PER_PUSH):
            moment += dt.timedelta(seconds=luck.randint(60, 280))
            rows.append(drop(luck, moment))
        if number == PUSHES // 2:
            rows.append({**drop(luck, moment), "TransactionType": "Servicing"})
        metadata = {"MessageId": str(uuid.uuid4()), "CorrelationId": str(uuid.uuid4())}
        pushes.append({"Metadata": metadata, "Transactions": rows})
    return pushes


def drop(luck: random.Random, moment: dt.datetime) -> dict[str, Any]:
    counts = {value: luck.randint(1, 9) for value in luck.sample(NOTES, 2)}
    return {
        "SerialNumber": SERIAL,
        "TransactionType": "CashIn",
        "TransactionDateTime": moment.astimezone(STORE).replace(tzinfo=None).isoformat(),
        "RetrievedOn": moment.isoformat(),
        "UserName": luck.choice(("Ana", "Bob")),
        "Amount": sum(value * count for value, count in counts.items()),
        "Denominations": [
            {"UnitValue": value, "Count": count, "Currency": "USD"} for value, count in sorted(counts.items())
        ],
        "PickupGroupId": 1,
    }


def push(url: str, key: str, body: dict[str, Any]) -> int:
    """How many transactions the push made. Raises CommandError when it was not taken."""
    request = urllib.request.Request(  # noqa: S310 - our own system
        f"{url}api/loomis/transactions/demo",
        data=json.dumps(body).encode(),
        headers={"Authorization": key, "Content-Type": "application/json"},
        method="POST",
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
            return int(json.load(answer)["created"] or 0)
    except OSError as error:
        raise CommandError(f"The system at {url} did not take a push ({error}). See its log.") from error
