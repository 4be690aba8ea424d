"""How long verify_books takes, beside recording and drawing the same deliveries in the first place."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from django.apps import apps
from django.db import connection

from safes.estate import add_site, place_safe
from safes.models import MachineKey
from tests.bench.payloads import SAFES, Loomis, serial
from tests.bench.report import Line
from transactions.completeness.covering import follow_arranged
from transactions.deliveries import record_delivery
from transactions.drawing import draw_touched
from transactions.endpoints import add_endpoint
from transactions.receiving import Arrival, digest_of, store
from transactions.verifying.running import scope_of, verify

ROWS = 200_000
_A_PUSH = 1000
_MILLION = 1_000_000


class _Collected(Loomis):
    """A safe has one pickup group for a few days, three tills and six cashiers, as in life."""

    def _transaction(self) -> dict[str, Any]:
        row = super()._transaction()
        number = int(row["SerialNumber"].removeprefix("BN"))
        row["UserName"] = f"CASHIER {number * 6 + self._lots.randrange(6)}"
        row["Register"] = str(self._lots.randrange(3))
        row["PickupGroupId"] = 61_000_000 + number * 1000 + self._now.toordinal() // 3 % 1000
        return row


def measure_verifying(say: Callable[[str], None], rows: int = ROWS) -> list[Line]:
    """In an empty database, which is emptied again; both times are per million transactions."""
    endpoint, _ = add_endpoint("verify")
    for number in range(0, SAFES, 2):
        site = add_site(f"V{number}", name="Benchmark", time_zone="America/Chicago")
        place_safe(serial(number), site)
        place_safe(serial(number + 1), site)
    follow_arranged()
    key = MachineKey.objects.get(scope=MachineKey.Scope.PUSH, holder=endpoint.pk)
    loomis = _Collected(seed=3)
    say(f"recording {rows:,} transactions")
    recording = 0.0
    for _ in range(rows // _A_PUSH):
        body = loomis.push(_A_PUSH)
        begun = time.perf_counter()
        record_delivery(store(endpoint, key, Arrival(body, digest_of(body), {})).delivery_id)
        recording += time.perf_counter() - begun
    say("drawing their days")
    begun = time.perf_counter()
    while draw_touched():
        pass
    recording += time.perf_counter() - begun
    say("verifying")
    begun = time.perf_counter()
    result = verify(scope_of(None, None, None), lambda what, done, total: None)
    verifying = time.perf_counter() - begun
    if not result["equal"]:
        raise SystemExit(f"The books are not what follows from the deliveries: {result['differences'][:3]}")
    _empty()
    scale = 1000 * _MILLION / rows
    return [
        Line(
            f"`verify_books`, per million of {rows:,} transactions",
            "recording and drawing them in the first place",
            verifying * scale,
            recording * scale,
            2.0,
        )
    ]


def _empty() -> None:
    tables = [
        model._meta.db_table for label in ("safes", "transactions") for model in apps.get_app_config(label).get_models()
    ]
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {', '.join(tables)} RESTART IDENTITY CASCADE")
