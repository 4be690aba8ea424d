"""The incidents of the demonstration: all of them taken, none twice, and no ATM's fault again within a day."""

from __future__ import annotations

import datetime as dt
import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from config.demo_incidents import EVERY, MOST_AT_ONCE, SHOWN, DemoIncidents
from config.demo_progress import Progress
from incidents.models import Incident, LoomisAccount
from incidents.outbox.sending import drain
from safes.accounts import add_account
from safes.estate import add_site, place_safe
from transactions.simulation.estate import make_estate

NOW = dt.datetime(2026, 11, 21, 12, 7, tzinfo=dt.UTC)


def told(*words: str) -> dict[str, Any]:
    out = io.StringIO()
    call_command(*words, "--json", stdout=out)
    answer: dict[str, Any] = json.loads(out.getvalue())
    return answer


def demo(url: str, path: Path, said: list[str]) -> DemoIncidents:
    progress = Progress.read(path / "demo.json", afresh=False)
    return DemoIncidents(url, make_estate(7, 8, 24), progress, 7, told, said.append)


def test_no_atm_has_the_same_fault_again_within_a_day(tmp_path: Path):
    plays = demo("", tmp_path, [])
    first = int(NOW.timestamp() // EVERY.total_seconds())
    a_day = int(dt.timedelta(hours=24) / EVERY)
    seen: dict[tuple[str, str], int] = {}
    for slot in range(first, first + 10 * a_day):
        fault = plays.fault_of(slot)
        if fault["account"] == "demo-atms":
            what = fault["device"], fault["fault_code"]
            assert slot - seen.get(what, 0) > a_day
            seen[what] = slot
    assert len({device for device, _ in seen}) == 8
    assert len({code for _, code in seen}) == 5


@pytest.mark.django_db(transaction=True)
def test_all_of_them_are_taken_once_and_answered(live_server, tmp_path: Path):
    said: list[str] = []
    plays = demo(live_server.url, tmp_path, said)
    for site in dict.fromkeys(safe.site for safe in plays.estate):
        made = add_site(site.code, name=site.name, time_zone=site.zone)
        for safe in plays.estate[:-1]:
            if safe.site == site:
                place_safe(safe.serial, made)
    token = add_account("demo", "back_office")[2]
    now = timezone.now().replace(microsecond=0)
    loomis = plays.begin(tmp_path)
    try:
        plays.raise_due(now, token)
        assert Incident.objects.count() == len(SHOWN)
        assert Incident.objects.filter(cancel_requested_at__isnull=False).count() == 1
        plays.raise_due(now, token)
        again = demo(live_server.url, tmp_path, said)
        again.progress.noted.pop("raised")  # ended before it was noted
        again.raise_due(now, token)
        assert Incident.objects.count() == len(SHOWN)
        drain()
        assert {"acknowledged", "refused"} <= set(Incident.objects.values_list("state", flat=True))
        plays.progress.raise_until(now - dt.timedelta(days=2))
        plays.raise_due(now, token)
        assert Incident.objects.count() == len(SHOWN) + MOST_AT_ONCE
        # One that starts while its port is taken listens at another, and the accounts follow it.
        restarted = demo(live_server.url, tmp_path, said).begin(tmp_path)
        restarted.stop()
    finally:
        loomis.stop()
    assert said == [f"{len(SHOWN)} incidents were reported to Loomis"] * 2
    assert restarted.port != loomis.port
    addresses = set(LoomisAccount.objects.values_list("dispatch_url", flat=True))
    assert addresses == {f"{restarted.url}/{name}" for name in ("demo-atms", "demo-safes", "demo-branch")}
    assert restarted.mailbags["demo-atms"].desk.known, "it knows again what it took"
