"""What the simulated Loomis answers, and what it says later; read as Strongroom reads it."""

from __future__ import annotations

import datetime as dt
import json

import pytest

from incidents.reading import Reading
from incidents.simulation.behaviours import BEHAVIOURS, DRAWN, Answers
from incidents.simulation.desk import Desk, Reply
from incidents.simulation.speaking import as_json, as_xml, read_xml
from incidents.wire import atm_json, atm_xml, safepoint_json
from tests.docs.pages import page
from tests.incidents.simulation.saying import AT, atm, atm_file, cancel, safepoint

HOUR = dt.timedelta(hours=1)


def answer(reply: Reply, dialect: str = "atm") -> Reading:
    assert reply.fields is not None
    read = atm_json.read_message if dialect == "atm" else safepoint_json.read_message
    return read(as_json(reply.fields))


def hear(desk: Desk, body: bytes, at: dt.datetime = AT) -> Reply:
    return desk.hear(json.loads(body), at)


@pytest.mark.parametrize("dialect", ["atm", "safepoint"])
def test_all_that_it_says_is_whole_by_the_documents(dialect):
    write, read = (atm, atm_json.read_message) if dialect == "atm" else (safepoint, safepoint_json.read_message)
    kinds = set()
    for name in BEHAVIOURS:
        reply = hear(Desk(name), write())
        for fields in [reply.fields, *(update.fields for update in reply.updates)]:
            if fields is not None:
                reading = read(as_json(fields))
                assert (reading.reference, reading.warnings) == ("100001", ()), name
                kinds.add(reading.type)
    assert kinds == {"ack", "nak", "accept", "close", "cancel"}


@pytest.mark.parametrize("code", ["Duplicate", "InvalidFault", "DeviceNotFound", "MissingAmounts"])
def test_each_refusal_is_played(code):
    name = {"InvalidFault": "invalid_fault", "DeviceNotFound": "device_not_found", "MissingAmounts": "missing_amounts"}
    reply = hear(Desk(), atm(notes=f"simulate: nak_{name.get(code, code.lower())}"))
    assert (answer(reply).type, answer(reply).code, reply.updates) == ("nak", code, ())


def test_a_note_asks_for_a_behaviour_in_either_dialect_and_another_word_for_none():
    desk = Desk("good")
    assert desk.behaviour_of({"Notes": "Please hurry. simulate: down"}) == "down"
    assert desk.behaviour_of({"Description": "simulate: html"}) == "html"
    assert desk.behaviour_of({"Notes": "simulate: nonsense"}) == "good"


def test_atms_have_protection_for_24_hours_by_reference_and_by_fault():
    desk = Desk()
    assert answer(hear(desk, atm("1"))).type == "ack"
    assert answer(hear(desk, atm("1"), AT + HOUR)).code == "Duplicate"
    assert answer(hear(desk, atm("2"), AT + 23 * HOUR)).code == "Duplicate"
    assert answer(hear(desk, atm("3", fault_code="Jam"), AT + HOUR)).type == "ack"
    assert answer(hear(desk, atm("4"), AT + 24 * HOUR)).type == "ack"


def test_what_was_refused_or_never_heard_protects_nothing():
    desk = Desk()
    for number, behaviour in enumerate(("nak_invalid_fault", "busy", "html", "down")):
        hear(desk, atm(f"{number}", notes=f"simulate: {behaviour}"))
    assert answer(hear(desk, atm("9"))).type == "ack"


def test_safes_have_no_protection_and_get_a_second_number():
    desk = Desk()
    first, second = (answer(hear(desk, safepoint("1")), "safepoint") for _ in range(2))
    assert first.type == second.type == "ack"
    assert first.number != second.number


def test_a_lost_answer_was_taken_all_the_same():
    desk = Desk("lost_answer")
    first, again = hear(desk, atm()), hear(desk, atm())
    assert first.how is Answers.BROKEN
    assert [update.type for update in first.updates] == ["ack", "accept", "close"]
    assert answer(again).code == "Duplicate"


def test_who_is_down_takes_it_when_it_is_up_again():
    desk = Desk("down")
    assert [hear(desk, atm()).how for _ in range(3)] == [Answers.BROKEN, Answers.BROKEN, Answers.ACK]


def test_a_cancel_of_ours_is_answered_at_once_or_later():
    desk = Desk()
    hear(desk, safepoint("1"))
    reply = hear(desk, cancel("1"))
    assert answer(reply, "safepoint").type == "cancel"
    hear(desk, safepoint("2", description="simulate: cancel_later"))
    later = hear(desk, cancel("2"))
    assert (later.how, later.fields) == (Answers.NOTHING, None)
    assert [update.type for update in later.updates] == ["cancel"]
    assert answer(hear(desk, cancel("3")), "safepoint").type == "nak"


def test_pace_moves_updates_and_not_promises():
    (quick, _), (slow, _) = (hear(Desk(pace=pace), atm()).updates for pace in (0.5, 2.0))
    assert (quick.due - AT, slow.due - AT) == (dt.timedelta(seconds=10), dt.timedelta(seconds=40))
    assert quick.fields["EtaDateTime"] == slow.fields["EtaDateTime"] == "2026-11-21T10:30:00Z"


def test_what_is_drawn_is_the_same_for_one_seed_and_mostly_good():
    references = [str(number) for number in range(400)]

    def drawn(seed: int) -> list[str]:
        desk = Desk(DRAWN, seed)
        return [desk.behaviour_of({"IncidentReference": reference}) for reference in references]

    assert drawn(1) == drawn(1) != drawn(2)
    assert drawn(1).count("good") > 100
    assert len(set(drawn(1))) > 8


def test_files_say_the_same_as_the_json_and_are_as_odd_as_the_published_ones():
    said = read_xml(atm_file(notes="simulate: cancelled"))
    assert said is not None
    reply = Desk().hear(said, AT)
    files = {update.type: as_xml(update.fields) for update in reply.updates}
    assert b"<Customer>1234567</Customer>" in files["accept"]
    assert b"<CancelDateTime>2026-11-21T06:31:00Z</CancelDateTime>" in files["cancel"]
    for update in reply.updates:
        read = atm_xml.read_message(as_xml(update.fields))
        assert (read.type, read.customer, read.provider) == (update.type, "1234567", "SP1")
        assert read.warnings == ()
        assert atm_xml.is_whole(as_xml(update.fields)) == (update.type != "cancel")


def test_every_behaviour_is_told_of_in_the_docs():
    rows = page("docs/simulator.md").table("behaviour")
    told = {name.strip(" `") for row in rows for name in row[0].split(",")}
    assert told == set(BEHAVIOURS)
