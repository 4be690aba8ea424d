"""verify_books: the books are what follows from the raw deliveries and other inputs, or each difference is named."""

from __future__ import annotations

import datetime as dt
import json
import os
import signal
import threading
import time
from io import StringIO
from typing import Any

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.core.management.base import OutputWrapper
from django.db import DatabaseError, connection, connections
from django.db.transaction import atomic

from config.data_dir import CHECKOUT
from safes.estate import place_safe
from safes.findings import settle_by_person
from safes.models import Finding, Site
from tests.transactions.pushing import body, say, store
from tests.transactions.verifying.lively import DAY, lively_book, named, row, rule_on, settle_down, verified
from transactions.bodies import forget_bodies
from transactions.deliveries import record_delivery
from transactions.management.commands import verify_books
from transactions.models import Delivery, DeliveryBody, OtherCash, Taking, Transaction
from transactions.reconciliation.sites.marks import touch_sites
from transactions.verifying import comparing, progress, rebuilding, tables
from transactions.verifying.scratch import drop_leftovers, scratch_schema

pytestmark = pytest.mark.usefixtures("transactional_db")


def damage(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        assert cursor.rowcount > 0, statement


def schemas() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'strongroom%'")
        return [name for (name,) in cursor.fetchall()]


def live_rows() -> dict[str, Any]:
    """Every table of ours with its rows, and how often the database says it was written to."""
    found: dict[str, Any] = {}
    with connection.cursor() as cursor:
        for label in ("safes", "transactions"):
            for model in apps.get_app_config(label).get_models():
                table = model._meta.db_table
                cursor.execute(f"SELECT count(*), md5(string_agg(t::text, '|' ORDER BY t::text)) FROM public.{table} t")
                found[table] = cursor.fetchone()
                cursor.execute("SELECT xmin::text, ctid::text FROM public." + table + " ORDER BY ctid")
                # A row that is written anew, or locked, shows it here.
                found[f"{table} as it lies"] = cursor.fetchall()
    return found


def test_a_lively_book_is_what_follows_from_its_deliveries():
    lively_book()
    result = verified()
    assert result["differences"] == []
    assert result["equal"] is True
    assert result["tables"]["transactions"] == Transaction.objects.count()
    assert min(result["tables"].values()) > 0, result["tables"]


def test_it_writes_to_no_live_table_and_leaves_nothing_behind():
    lively_book()
    before = live_rows()
    assert verified()["equal"]
    assert live_rows() == before
    assert schemas() == []
    with connection.cursor() as cursor:
        cursor.execute("SHOW search_path")
        assert "strongroom" not in cursor.fetchone()[0]


def test_every_model_is_rebuilt_copied_or_no_part_of_it():
    ours = {
        model
        for label in ("safes", "transactions")
        for model in apps.get_app_config(label).get_models()
        if not model.__name__.startswith("Historical")
    }
    listed = [*tables.COPIED, *tables.READ, *tables.REBUILT, *tables.SEEN, *tables.OUTSIDE]
    assert len(listed) == len(set(listed))
    assert set(listed) == ours
    compared = {one.model.__name__ for one in tables.COMPARED}
    left_out = {model.__name__ for model in [*tables.READ, *tables.REBUILT]} - compared
    assert left_out == {"Message", "FindingNote", "TouchedDay", "TouchedSiteDay", "MovedSafe"}


def test_findings_that_are_not_compared_are_kinds_that_operators_know():
    told = (CHECKOUT / "docs/operations.md").read_text()
    assert [kind for kind in sorted(tables.NOT_FROM_BOOKS) if f"### `{kind}`" not in told] == []


def test_a_table_that_was_forgotten_is_an_error_and_no_live_row():
    lively_book()
    before = live_rows()
    with scratch_schema() as scratch, scratch.inside():
        with connection.cursor() as cursor:
            cursor.execute("SELECT to_regclass('safes_machinekey')")
            assert cursor.fetchone() == (None,)
            cursor.execute("DELETE FROM safes_finding")
        assert Delivery.objects.count() == 0
    assert live_rows() == before


def test_bodies_are_in_sight_and_cannot_be_written_to():
    lively_book()
    with scratch_schema() as scratch:
        with scratch.inside():
            assert DeliveryBody.objects.exists()
        with pytest.raises(DatabaseError, match="cannot delete from view"), scratch.inside():
            DeliveryBody.objects.all()._raw_delete(using="default")


_DAMAGE = {
    "an amount": (
        "UPDATE transactions_transaction SET amount = amount + 1 WHERE local_time = '2026-03-14 11:00'",
        ("transactions", "SR10042", "2026-03-14"),
    ),
    "a row lost": (
        "DELETE FROM transactions_transaction WHERE local_time = '2026-03-13 09:00'",
        ("transactions", "SR10042", "2026-03-13"),
    ),
    "a row more": (
        "INSERT INTO transactions_auditevent (book, safe_id, local_time, key_digest, occurrence, counted, type, "
        "wire_type, kind, amount, business_date) SELECT book, safe_id, local_time, key_digest, 9, true, type, "
        "wire_type, kind, amount, business_date FROM transactions_auditevent LIMIT 1",
        ("audit events", "SR10042", "2026-03-14"),
    ),
    "another day": (
        "UPDATE transactions_transaction SET business_date = '2026-03-10' WHERE local_time = '2026-03-14 11:00'",
        ("transactions", "SR10042", "2026-03-10"),
    ),
    "not counted": (
        "UPDATE transactions_transaction SET counted = false WHERE local_time = '2026-03-14 11:00'",
        ("transactions", "SR10042", "2026-03-14"),
    ),
    "never seen in the file": (
        "UPDATE transactions_transaction SET seen_by_file = NULL WHERE local_time = '2026-03-13 09:00'",
        ("transactions", "SR10042", "2026-03-13"),
    ),
    "a repeat lost": (
        "DELETE FROM transactions_repeat WHERE local_time = '2026-03-14 08:10'",
        ("repeats", "SR10042", "2026-03-14"),
    ),
    "a safe day's sum": (
        "UPDATE transactions_safeday SET validated = validated + 7, closing = closing + 7 "
        "WHERE business_date = '2026-03-13' AND currency = 'USD'",
        ("safe days", "SR10042", "2026-03-13"),
    ),
    "a close": (
        "UPDATE transactions_dayclose SET closed_at = '2026-03-13 22:00'",
        ("day closes", "SR10042", "2026-03-13"),
    ),
    "drops": ("DELETE FROM transactions_drops WHERE business_date = '2026-03-14'", ("drops", "SR10042", "2026-03-14")),
    "a pickup": ("UPDATE transactions_pickup SET reported_amount = 1", ("pickups", "SR10042", "2026-03-13")),
    "a verdict": (
        "UPDATE transactions_channelcompleteness SET verdict = 'complete' WHERE business_date = '2026-03-13'",
        ("completeness", "SR10042", "2026-03-13"),
    ),
    "what a till brought": (
        "UPDATE transactions_tillday SET safe = 1 WHERE business_date = '2026-03-13'",
        ("over/short by till", "S7", "2026-03-13"),
    ),
    "a site day": (
        "DELETE FROM transactions_siteday WHERE business_date = '2026-03-13'",
        ("site days", "S7", "2026-03-13"),
    ),
    "a signature": (
        "UPDATE transactions_signoff SET status = 'signed' WHERE status = 'reopened'",
        ("sign-offs", "S7", "2026-03-13"),
    ),
    "figures that came late": (
        "DELETE FROM safes_finding WHERE kind = 'late_after_sign_off'",
        ("findings", "S7", "2026-03-13"),
    ),
    "a till session": (
        "UPDATE transactions_tillsession SET checked_in = 1",
        ("till sessions", "SR10042", "2026-03-14"),
    ),
    "an order": ("UPDATE transactions_changeorder SET state = 'settled'", ("change orders", "SR10042", "2026-03-14")),
    "a finding": (
        "DELETE FROM safes_finding WHERE kind = 'door_open'",
        ("findings", "SR10042", "2026-03-14"),
    ),
    "a finding's cash": (
        "UPDATE safes_finding SET cash_at_stake = 1 WHERE kind = 'amount_mismatch'",
        ("findings", "SR10042", "2026-03-14"),
    ),
    "a finding closed": (
        "UPDATE safes_finding SET state = 'closed', closed_at = now() WHERE kind = 'door_open'",
        ("findings", "SR10042", "2026-03-14"),
    ),
    "a quarantined row": (
        "DELETE FROM transactions_quarantinedrow WHERE position > 0",
        ("quarantined rows", None, None),
    ),
    "a delivery's figures": (
        "UPDATE transactions_delivery SET received = 1 WHERE received > 10",
        ("deliveries", None, None),
    ),
}


def test_each_kind_of_damage_is_found_and_named():
    lively_book()
    for what, (statement, where) in _DAMAGE.items():
        keep = _copy_of_tables()
        damage(
            statement.replace("DELETE FROM safes_finding", "DELETE FROM safes_findingnote; DELETE FROM safes_finding")
        )
        result = verified()
        assert result["equal"] is False, what
        assert where in named(result), (what, named(result))
        _put_back(keep)
    assert verified()["equal"]


def _copy_of_tables() -> list[str]:
    names = [one.table for one in tables.COMPARED] + ["safes_findingnote"]
    with connection.cursor() as cursor:
        for name in names:
            cursor.execute(f"DROP TABLE IF EXISTS kept_{name}")
            cursor.execute(f"CREATE TABLE kept_{name} AS SELECT * FROM {name}")
    return names


def _put_back(names: list[str]) -> None:
    # In one transaction, at whose end what refers to what is looked at.
    with atomic(), connection.cursor() as cursor:
        for name in names:
            cursor.execute(f"DELETE FROM {name}")
            cursor.execute(f"INSERT INTO {name} OVERRIDING SYSTEM VALUE SELECT * FROM kept_{name}")
            cursor.execute(f"DROP TABLE kept_{name}")


def test_what_a_difference_says():
    lively_book()
    damage("UPDATE transactions_safeday SET manual = 1, closing = closing - 11.34 WHERE manual = 12.34")
    (difference,) = [one for one in verified()["differences"] if one["table"] == "safe days"]
    assert difference["safe"] == "SR10042"
    assert difference["row"] == {"business_date": "2026-03-13", "currency": "USD"}
    assert difference["books"]["manual"] == "1.0000"
    assert difference["rebuilt"]["manual"] == "12.3400"
    assert "validated" not in difference["books"]


def test_safe_and_dates_narrow_what_is_compared():
    lively_book()
    damage("UPDATE transactions_safeday SET till_out = 1 WHERE business_date = '2026-03-14'")
    assert verified("UNKNOWN1")["checked"] < verified()["checked"]
    assert not verified("sr10042")["equal"]
    assert not verified(first=DAY, last=DAY)["equal"]
    assert verified(last=DAY - dt.timedelta(days=1))["equal"]
    assert verified(first=dt.date(2026, 3, 15))["equal"]


def test_differences_beyond_the_listed_are_counted(monkeypatch):
    lively_book()
    monkeypatch.setattr(comparing, "LISTED", 2)
    damage("UPDATE transactions_transaction SET amount = amount + 1")
    result = verified()
    assert len(result["differences"]) == 2
    assert result["difference_count"] >= Transaction.objects.count()


def test_what_a_person_settled_is_still_seen_by_its_rule():
    lively_book()
    settle_by_person(Finding.objects.get(kind="door_open").pk, "anna", "The fitter was there.")
    assert verified()["equal"]
    damage("UPDATE safes_finding SET settled_facts = NULL WHERE kind = 'door_open'")
    assert named(verified()) == {("findings", "SR10042", "2026-03-14")}


def test_what_purged_deliveries_showed_is_taken_from_the_books():
    lively_book()
    forget_bodies(DeliveryBody.objects.all())
    gone = Delivery.objects.filter(repeat_of=None)
    gone.update(purged_at=dt.datetime(2026, 5, 1, tzinfo=dt.UTC))
    result = verified()
    assert result["differences"] == []
    assert result["purged"] == gone.count() > 5
    damage("UPDATE transactions_transaction SET amount = amount + 1 WHERE local_time = '2026-03-14 11:00'")
    assert not verified()["equal"]


def test_a_body_that_is_gone_though_nobody_purged_it_is_a_difference():
    lively_book()
    first = Delivery.objects.order_by("pk")[0]
    DeliveryBody.objects.filter(pk=first.pk).delete()
    result = verified()
    assert [(one["table"], one["row"]) for one in result["differences"]] == [("delivery bodies", {"id": first.pk})]


def test_a_push_that_comes_while_it_runs_is_answered_and_no_difference():
    key = lively_book()
    came: list[Delivery] = []

    def push_meanwhile(what: str, done: int, total: int) -> None:
        if what == "days of safes drawn" and done and not came:
            came.append(say(key, [row(14, "19:00:00", SerialNumber="LATE1"), row(14, "19:30:00")]))
            settle_down()

    result = verified(tell=_in_a_thread(push_meanwhile))
    assert came[0].status == "accepted"
    assert result["differences"] == []
    # It is of the moment at which it began.
    assert result["tables"]["transactions"] == Transaction.objects.count() - 2


def test_days_that_wait_to_be_drawn_are_looked_at_again_once_they_are():
    lively_book()
    record_delivery(store(body([row(14, "19:00:00"), row(13, "21:00:00")])))
    drawn: list[str] = []

    def draw_meanwhile(what: str, done: int, total: int) -> None:
        if not drawn:
            drawn.append(what)
            settle_down()

    result = verified()
    assert result["waiting"] == 2
    assert ("safe days", "SR10042", "2026-03-14") in named(result)
    assert verified(tell=_in_a_thread(draw_meanwhile))["equal"]


def test_what_people_say_while_it_runs_is_no_difference():
    lively_book()
    said: list[str] = []

    def say_meanwhile(what: str, done: int, total: int) -> None:
        if what == "days of safes drawn" and done and not said:
            said.append("all of it")
            rule_on("2026-03-14T08:10:00", 5)
            rule_on("2026-03-13T23:30:00", 2)
            place_safe("UNKNOWN1", Site.objects.get(code="S8"))
            Taking.objects.update(amount=17)
            OtherCash.objects.update(business_date=dt.date(2026, 3, 12))
            touch_sites(
                {
                    (site, dt.date(2026, 3, day))
                    for site in Site.objects.values_list("pk", flat=True)
                    for day in (11, 12, 13)
                }
            )
            settle_down()

    result = verified(tell=_in_a_thread(say_meanwhile))
    assert said
    assert result["differences"] == []


def _in_a_thread(what: Any) -> Any:
    """Done on another connection, while this one is in its transaction."""

    def tell(*told: Any) -> None:
        def work() -> None:
            try:
                what(*told)
            finally:
                connections.close_all()

        thread = threading.Thread(target=work)
        thread.start()
        thread.join(60)
        assert not thread.is_alive(), "the push waits for the verification"

    return tell


def test_leftovers_of_killed_runs_go_and_a_run_under_way_stays():
    with connection.cursor() as cursor:
        cursor.execute("CREATE SCHEMA strongroom_verify_17; CREATE TABLE strongroom_verify_17.x (y int)")
    with scratch_schema() as scratch:
        assert schemas() == [scratch.schema]
        assert drop_leftovers() == []
    assert schemas() == []


def test_the_schema_goes_when_the_work_fails():
    with pytest.raises(ZeroDivisionError), scratch_schema():
        raise ZeroDivisionError
    assert schemas() == []


def command(*arguments: str) -> tuple[dict[str, Any] | str, str]:
    said, complaint = StringIO(), ""
    try:
        call_command("verify_books", *arguments, stdout=said, stderr=StringIO())
    except CommandError as error:
        complaint = str(error)
    text = said.getvalue()
    return (json.loads(text) if "--json" in arguments and text else text), complaint


def test_the_command_answers_in_json_and_in_words():
    lively_book()
    result, complaint = command("--json")
    assert isinstance(result, dict)
    assert (result["equal"], result["differences"], complaint) == (True, [], "")
    assert result["checked"] > 0
    damage("UPDATE transactions_safeday SET till_out = 1 WHERE business_date = '2026-03-14' AND till_out = 200")
    text, complaint = command()
    assert "safe days, SR10042 2026-03-14" in text
    assert "till_out is 1.0000 in the books and follows as 200.0000" in text
    assert complaint.startswith("1 row differs between the books")
    result, complaint = command("--json")
    assert isinstance(result, dict)
    assert result["equal"] is False
    assert complaint


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--safe", "NOWHERE"], "There is no safe NOWHERE."),
        (["--from", "yesterday"], "“yesterday” is no date: give --from as 2026-11-21."),
        (["--from", "2026-03-14", "--to", "2026-03-13"], "--from 2026-03-14 is after --to 2026-03-13"),
    ],
)
def test_what_cannot_be_asked_is_a_sentence(arguments, sentence):
    said, complaint = command(*arguments)
    assert said == ""
    assert sentence in complaint


def test_asked_to_stop_it_puts_away_what_it_has_built(monkeypatch):
    built = []

    def verify_until_stopped(*_: object) -> dict[str, Any]:
        with scratch_schema() as scratch:
            built.extend(schemas())
            assert built == [scratch.schema]
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(60)  # the signal comes first
        raise AssertionError("it was not stopped")

    monkeypatch.setattr(verify_books, "verify", verify_until_stopped)
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(SystemExit) as stopped:
        call_command("verify_books", "--json", stdout=StringIO(), stderr=StringIO())
    assert stopped.value.code == 143
    assert built != schemas() == []
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_draw_that_fails_leaves_nothing_behind_and_no_lock(monkeypatch):
    lively_book()

    def fails(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(rebuilding, "draw", fails)
    with pytest.raises(ZeroDivisionError):
        verified()
    assert schemas() == []
    monkeypatch.undo()
    assert verified()["equal"]


class Terminal(StringIO):
    def __init__(self, *, is_terminal: bool) -> None:
        super().__init__()
        self.is_terminal = is_terminal

    def isatty(self) -> bool:
        return self.is_terminal


@pytest.mark.parametrize(
    ("is_terminal", "shown"),
    [(True, "\r\x1b[K[###############...............] 5 of 10 days"), (False, "5 of 10 days\n")],
)
def test_progress_is_a_bar_on_a_terminal_and_plain_lines_elsewhere(monkeypatch, is_terminal, shown):
    monkeypatch.setattr(progress, "_ON_TERMINAL", 0)
    monkeypatch.setattr(progress, "_ELSEWHERE", 0)
    stream = Terminal(is_terminal=is_terminal)
    with progress.Progress(OutputWrapper(stream)) as tell:
        tell("days", 5, 10)
        assert stream.getvalue() == shown
    assert stream.getvalue() == shown + ("\r\x1b[K" if is_terminal else "")
