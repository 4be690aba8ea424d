"""`make demo`, from nothing: within a minute of being ready it lives, and it goes on where it was."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest

from tests.config.system import System, until

pytestmark = pytest.mark.slow

KINDS = {
    *("unknown_safe", "unknown_type", "quarantined_row", "amount_mismatch", "possible_twin"),
    *("rejected_push", "oversized_push", "missing_in_push", "missing_in_file"),
}


def count(system: System, table: str) -> int:
    ((number,),) = system.sql(f"SELECT count(*) FROM {table}")
    assert isinstance(number, int)
    return number


def open_kinds(system: System) -> set[object]:
    return {kind for (kind,) in system.sql("SELECT DISTINCT kind FROM safes_finding WHERE state = 'open'")}


def test_the_demonstration_lives_within_a_minute_and_goes_on_where_it_was(tmp_path: Path):
    system = System(tmp_path / "var", None, "--demo")
    try:
        system.start()
        system.wait_until_ready()
        live = "exactly once"
        until(lambda: count(system, "transactions_transaction") > 20_000, "the history", 60)
        until(lambda: open_kinds(system) >= KINDS, "a finding of each kind", 90)
        until(lambda: live in system.complained(), "the check")
        until(lambda: count(system, "transactions_feedfile WHERE state = 'archived'") >= 5, "the files")
        turned_complete = "safes_finding WHERE kind = 'missing_in_file' AND state = 'closed'"
        until(lambda: count(system, turned_complete) > 0, "days that turned complete")
        deliveries = count(system, "transactions_delivery")
        until(lambda: count(system, "transactions_delivery") > deliveries, "a live push", 30)
        until(lambda: count(system, "transactions_signoff WHERE status = 'signed'") > 0, "days that were signed")
        assert "At the desk are carla" in system.complained()
        assert "Log in at " in system.said()
        assert "Password: " in system.said()
        assert system.end(signal.SIGTERM) == 0
        assert system.left() == []

        note = json.loads((system.data_dir.path / "demo.json").read_text())
        system.err.write_text("")
        system.start()
        system.wait_until_ready()
        until(lambda: live in system.complained(), "the second start")
        assert "Password: " not in system.said()
        assert "At the desk are" not in system.complained()
        after = json.loads((system.data_dir.path / "demo.json").read_text())
        assert after["began"] == note["began"]
        assert after["until"] >= note["until"]
        assert system.end(signal.SIGTERM) == 0
        assert system.left() == []
    finally:
        system.destroy()
