"""`make demo`, from nothing: within a minute of being ready it lives, and it goes on where it was."""

from __future__ import annotations

import json
import signal
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.config.system import System, until

pytestmark = pytest.mark.slow

KINDS = {
    *("unknown_safe", "unknown_type", "quarantined_row", "amount_mismatch", "possible_twin"),
    *("rejected_push", "oversized_push", "missing_in_push", "missing_in_file"),
    *("incident_overdue", "incident_unconfirmed"),
}
# A dead letter is one that is still queued.
STATES = {"queued", "sent", "unconfirmed", "refused", "acknowledged", "accepted", "cancelled", "closed"}


# Those of the first minutes; others come with the time.
REPORTED = "(notes || description) LIKE '%simulate: %'"


def count(system: System, table: str) -> int:
    ((number,),) = system.sql(f"SELECT count(*) FROM {table}")
    assert isinstance(number, int)
    return number


def open_kinds(system: System) -> set[object]:
    return {kind for (kind,) in system.sql("SELECT DISTINCT kind FROM safes_finding WHERE state = 'open'")}


def told(system: System) -> dict[str, str]:
    """How far the demonstration has told its story."""
    noted: dict[str, str] = json.loads((system.data_dir.path / "demo.json").read_text())
    return noted


def states(system: System) -> set[object]:
    return {state for (state,) in system.sql("SELECT DISTINCT state FROM incidents_incident")}


def test_the_demonstration_lives_within_a_minute_and_goes_on_where_it_was(tmp_path: Path):
    system = System(tmp_path / "var", None, "--demo")
    try:
        system.start()
        system.wait_until_ready()
        live = "exactly once"
        until(lambda: count(system, "transactions_transaction") > 20_000, "the history", 60)
        until(lambda: open_kinds(system) >= KINDS, lambda: f"findings, {KINDS - open_kinds(system)}", 90)
        until(lambda: live in system.complained(), "the check")
        until(lambda: states(system) >= STATES, "an incident in each state", 60)
        assert count(system, "incidents_dispatch WHERE state = 'dead'") == 1
        until(lambda: count(system, "incidents_notice WHERE sent_at IS NOT NULL") >= 3, "e-mails", 60)
        until(lambda: count(system, "transactions_feedfile WHERE state = 'archived'") >= 5, "the files")
        turned_complete = "safes_finding WHERE kind = 'missing_in_file' AND state = 'closed'"
        until(lambda: count(system, turned_complete) > 0, "days that turned complete")
        deliveries = count(system, "transactions_delivery")
        until(lambda: count(system, "transactions_delivery") > deliveries, "a live push", 30)
        until(lambda: count(system, "transactions_signoff WHERE status = 'signed'") > 0, "days that were signed")
        assert count(system, "loyalty_card WHERE status = '2'") > 20
        assert count(system, "loyalty_card WHERE replaced_by_id IS NOT NULL") >= 1
        began_to_ask = told(system)["cards_played"]
        until(lambda: told(system)["cards_played"] > began_to_ask, "tills that ask for cards", 60)
        assert "card service does not answer" not in system.complained()
        assert "At the desk are carla" in system.complained()
        assert "Log in at " in system.said()
        assert "Password: " in system.said()
        assert system.end(signal.SIGTERM) == 0
        assert system.left() == []

        began = datetime.now(tz=UTC)
        note = told(system)
        system.err.write_text("")
        system.start()
        system.wait_until_ready()
        until(lambda: live in system.complained(), "the second start")
        assert "Password: " not in system.said()
        assert "At the desk are" not in system.complained()
        assert not system.sql(f"SELECT 1 FROM incidents_incident WHERE created_at > '{began}' AND {REPORTED}")
        urls = [url for (url,) in system.sql("SELECT dispatch_url FROM incidents_loomisaccount")]
        assert all(f":{note['incidents_port']}/" in str(url) for url in urls)
        after = told(system)
        assert after["began"] == note["began"]
        assert after["until"] >= note["until"]
        assert after["cards_played"] >= note["cards_played"]
        assert system.end(signal.SIGTERM) == 0
        assert system.left() == []
    finally:
        system.destroy()
