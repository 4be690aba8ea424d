"""What the documents and their examples show is read, and what is like it."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from incidents.reading import NAMES, Reading
from incidents.wire.incoming import read_message
from incidents.wire.json_fields import NotReadable
from tests.incidents.wire.samples import DIALECTS, sample


def moment(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text)


ATM = {"reference": "261122000417", "customer": "5550101", "provider": "LOOMIS"}
SAFE = {"reference": "261122000912", "customer": "N204060"}
NUMBERED = {**ATM, "number": "INC0071034"}
OF_ATMS: dict[str, dict[str, Any]] = {
    "nak": {**ATM, "code": "MissingAmounts", "text": "A cash add names its amounts"},
    "ack": {**NUMBERED, "text": "Taken in"},
    "accept": {**NUMBERED, "text": "Crew 12", "eta": moment("2026-03-14T11:30:00Z")},
    "close": {**NUMBERED, "text": "C4 cassettes filled", "ended_at": moment("2026-03-14T11:21:47Z")},
    "cancel": {**NUMBERED, "text": "Road closed by ice", "ended_at": moment("2026-03-14T10:02:30Z")},
}
OF_SAFES: dict[str, dict[str, Any]] = {
    "nak": {**SAFE, "code": "Duplicate", "text": "There is one for this safe"},
    "ack": {**SAFE, "number": "INC880417", "status": "Open", "text": "Taken in"},
    # Its DateTime is when it was accepted: nothing has ended.
    "accept": {**SAFE, "number": "INC880417", "text": "With the second line", "sla": moment("2026-03-16T12:00:00Z")},
    "close": {**SAFE, "number": "INC880417", "text": "Belt replaced", "ended_at": moment("2026-03-14T15:05:58Z")},
    "cancel": {
        **SAFE,
        "number": "INC880417",
        "text": "Mended by the store",
        "ended_at": moment("2026-03-14T09:15:00Z"),
    },
}
# In the XML, Accept and Close name another provider.
IN_XML = {**OF_ATMS, **{name: {**OF_ATMS[name], "provider": "SP1"} for name in ("accept", "close")}}
SHOWN = {"atm_json": OF_ATMS, "safepoint_json": OF_SAFES, "atm_xml": IN_XML}
CASES = [(format_, type_) for format_, types in SHOWN.items() for type_ in types]


@pytest.mark.parametrize(("format_", "type_"), CASES)
def test_the_examples_are_read_to_the_last_field_without_a_warning(format_, type_):
    reading = read_message(sample(format_, type_), DIALECTS[format_], is_file=format_ == "atm_xml")
    assert reading == Reading(type=type_, **SHOWN[format_][type_])


@pytest.mark.parametrize(("format_", "type_"), CASES)
def test_what_was_read_comes_back_from_the_database_as_it_was(format_, type_):
    reading = read_message(sample(format_, type_), DIALECTS[format_])
    assert Reading.from_json(json.loads(json.dumps(reading.as_json()))) == reading


def close(**changes: Any) -> bytes:
    said = {
        "MessageType": "Close",
        "CustomerNumber": "N204060",
        "IncidentId": "INC1",
        "IncidentReference": "261122000912",
        "ResponseText": "Done",
        "DateTime": "2026-03-14T15:05:58Z",
        **changes,
    }
    return json.dumps({name: value for name, value in said.items() if value is not None}).encode()


def read(body: bytes, dialect: str = "safepoint") -> Reading:
    return read_message(body, dialect)


GOOD = read(close())


@pytest.mark.parametrize(
    "body",
    [
        close().lower().replace(b"inc1", b"INC1").replace(b"done", b"Done").replace(b"n204060", b"N204060"),
        close(MessageType=" CLOSE "),
        close(IncidentReference=261122000912),
        close(IncidentReference="  261122000912\n"),
        close(IncidentId=None, IncidentNumber="INC1"),
        close(CustomerNumber=None, CustomerId="N204060"),
        close(CustomerNumber=None, Customer="N204060"),
        close(CustomerNumber="", CustomerId="N204060"),
        close(DateTime=None, CloseDateTime="2026-03-14T15:05:58Z"),
        close(DateTime=None, CancelDateTime="2026-03-14T10:05:58-05:00"),
        close(DateTime="2026-03-14T15:05:58z"),
        close(DateTime="2026-03-14 15:05:58+00:00"),
        close(Technician="Bo", Parts=[{"Belt": 1}]),
        pytest.param(close()[:-1] + b', "Counter": ' + b"9" * 6000 + b"}", id="a number of 6,000 digits"),
        b"\xef\xbb\xbf" + close(),
        b"\n" + close(),
    ],
)
def test_the_same_in_other_spelling_reads_the_same(body):
    reading = read(body)
    assert Reading.from_json(reading.as_json()) == GOOD
    assert reading.warnings == ()


def test_an_xml_root_within_another_is_found():
    inside = b'<?xml version="1.0"?><Envelope xmlns="urn:x"><Body>' + sample("atm_xml", "ack") + b"</Body></Envelope>"
    assert read(inside, "atm").type == "ack"


def test_text_that_is_no_utf_8_is_kept_as_far_as_it_can_be_read():
    assert read(close(ResponseText="T?r").replace(b"?", b"\xfc")).text == "T\ufffdr"


@pytest.mark.parametrize(
    ("field", "missing"),
    [("IncidentId", "IncidentId"), ("ResponseText", "ResponseText"), ("DateTime", "DateTime")],
)
def test_what_a_close_lacks_is_said_in_the_words_of_the_document(field, missing):
    assert read(close(**{field: None})).warnings == (f"{missing} is missing.",)


def test_what_a_file_lacks_is_said_in_the_words_of_files():
    without = sample("atm_xml", "ack").replace(b"IncidentId", b"Other").replace(b"CustomerId", b"Client")
    assert read(without, "atm").warnings == ("CustomerId is missing.", "IncidentId is missing.")


@pytest.mark.parametrize(
    "text", ["yesterday", "2026-13-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31", "1e5"]
)
def test_a_time_that_cannot_be_meant_is_left_out_and_said(text):
    reading = read(close(DateTime=text))
    assert reading.ended_at is None
    assert any(f"DateTime “{text}” is no date and time" in warning for warning in reading.warnings)


def test_a_time_without_zone_is_taken_for_utc_and_said():
    reading = read(close(DateTime="2026-03-14T15:05:58"))
    assert reading.ended_at == GOOD.ended_at
    assert "no time zone" in " ".join(reading.warnings)


@pytest.mark.parametrize("value", [True, {"a": 1}, ["INC1"]])
def test_a_value_that_is_no_text_is_left_out_and_said(value):
    reading = read(close(IncidentId=value))
    assert reading.number == ""
    assert reading.warnings[0] == "IncidentId is not a text, and was left out."


def test_what_the_database_cannot_hold_is_replaced():
    assert read(close(ResponseText="a\x00b\ud800c")).text == "a\ufffdb\ufffdc"


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"null", b"ACK", b"{", b"\x00" * 9, b"<html>", b"<", b"<a/>", b"[" * 10**5]
)
def test_what_is_no_message_is_refused_with_a_sentence(body):
    with pytest.raises(NotReadable, match=r"^The (body|file) .+\.$"):
        read(body)


@pytest.mark.parametrize(
    "head", [b'<!DOCTYPE Incident [<!ENTITY a "261122000912">]>', b'<!DOCTYPE Incident SYSTEM "file:///etc/passwd">']
)
def test_a_file_with_a_dtd_is_not_read(head):
    body = head + b"<Incident><MessageType>ACK</MessageType><IncidentReference>&a;</IncidentReference></Incident>"
    with pytest.raises(NotReadable, match="DTD"):
        read(body, "atm")


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
names = st.sampled_from([name for found in NAMES.values() for name in found]) | st.text(max_size=10)
objects = st.dictionaries(names, values, max_size=8).map(lambda said: json.dumps(said).encode())
files = st.builds(
    lambda said, tail: b"<Incident>" + b"".join(said) + tail,
    st.lists(
        st.builds(lambda name, text: f"<{name}>{text}</{name}>".encode("utf-8", "replace"), names, st.text(max_size=9)),
        max_size=6,
    ),
    st.sampled_from([b"</Incident>", b"<Incident>", b"", b"</x>", b"<?p?>"]),
)


@given(objects | files | st.binary(max_size=60), st.sampled_from(["atm", "safepoint"]), st.booleans())
@example(b'<?xml version="1.0" encoding="none-such"?><Incident/>', "atm", True)
@example(b'{"IncidentReference": ' + b"9" * 5000 + b"}", "atm", False)
@example(b'{"EtaDateTime": NaN}', "atm", False)
@example(b"<Incident><x:y:z>1</x:y:z></Incident>", "atm", True)
def test_whatever_comes_is_read_or_refused_and_can_be_kept(body, dialect, is_file):
    try:
        reading = read_message(body, dialect, is_file=is_file)
    except NotReadable:
        return
    kept = json.dumps(reading.as_json(), ensure_ascii=False)
    kept.encode()
    assert "\\u0000" not in kept
    assert Reading.from_json(json.loads(kept)).as_json() == reading.as_json()
