"""What we write is what the documents show: names, order, texts, instants."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json

from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from incidents.wire import atm_json, atm_xml, safepoint_json
from incidents.wire.outgoing import OutgoingCancel
from tests.incidents.wire.samples import OF_ATM, OF_SAFE, sample


def said(body: bytes) -> list[tuple[str, str]]:
    """Names and values of a JSON object in their order; every value has to be a text."""
    pairs: list[tuple[str, str]] = json.loads(body, object_pairs_hook=lambda found: found)
    assert all(isinstance(value, str) for _, value in pairs)
    return pairs


def elements(body: bytes) -> list[tuple[str, str, dict[str, str]]]:
    found = etree.fromstring(body, etree.XMLParser(recover=True)).iter(etree.Element)
    return [(str(one.tag), (one.text or "").strip(), {str(k): str(v) for k, v in one.attrib.items()}) for one in found]


def test_a_dispatch_for_an_atm_is_that_of_the_document():
    assert said(atm_json.write_dispatch(OF_ATM)) == said(sample("atm_json", "dispatch"))


def test_a_dispatch_for_a_safe_is_that_of_the_document():
    assert said(safepoint_json.write_dispatch(OF_SAFE)) == said(sample("safepoint_json", "dispatch"))


def test_a_file_is_that_of_the_example_but_for_its_mistakes():
    ours = elements(atm_xml.write_dispatch(OF_ATM))
    # The example opens its root a second time instead of closing it, and gives twenty twice and ten never.
    theirs = [one for one in elements(sample("atm_xml", "dispatch"))[:-1] if one[1] != "600"]
    assert [one for one in ours if one[1] != "600"] == theirs
    assert ("Amount", "600", {"currency": "USD", "denomination": "10"}) in ours


def test_a_file_is_well_formed_and_names_no_denomination_twice():
    written = atm_xml.write_dispatch(OF_ATM)
    root = etree.fromstring(written)
    denominations = [one.get("denomination") for one in root.iter("Amount")]
    assert denominations == ["1", "5", "10", "20", "50", "100"]
    assert atm_xml.is_whole(written)
    assert not atm_xml.is_whole(written[:-4])


def test_a_cancel_of_ours_has_the_form_of_theirs():
    written = safepoint_json.write_cancel(
        OutgoingCancel(
            customer_number="N204060",
            number="INC880417",
            reference="261122000912",
            text="Mended by the store",
            at=dt.datetime(2026, 3, 14, 9, 15, tzinfo=dt.UTC),
        )
    )
    assert said(written) == said(sample("safepoint_json", "cancel"))


def test_what_is_empty_is_left_out():
    bare = dataclasses.replace(OF_ATM, device_status="", notes="", amounts={})
    names = [name for name, _ in said(atm_json.write_dispatch(bare))]
    assert names == [
        *("MessageType", "CustomerNumber", "IncidentReference", "ATMNumber", "FaultCode", "FaultDateTime"),
    ]
    assert b"Amounts" not in atm_xml.write_dispatch(bare)
    assert b"ContactEmail" not in safepoint_json.write_dispatch(dataclasses.replace(OF_SAFE, contact_email=""))


def test_instants_go_out_in_utc_with_z_and_without_fractions():
    east = dt.datetime(2026, 3, 14, 1, 12, 9, 999_999, tzinfo=dt.timezone(dt.timedelta(hours=-5)))
    here = dataclasses.replace(OF_ATM, fault_at=east)
    assert dict(said(atm_json.write_dispatch(here)))["FaultDateTime"] == "2026-03-14T06:12:09Z"
    assert b"<FaultDateTime>2026-03-14T06:12:09Z</FaultDateTime>" in atm_xml.write_dispatch(here)


def test_amounts_are_of_the_currency_that_is_meant():
    euros = dataclasses.replace(OF_ATM, currency="EUR", amounts={"500": "1500"})
    assert dict(said(atm_json.write_dispatch(euros)))["AmountEUR500"] == "1500"


def test_names_of_files_are_those_of_the_agreement():
    second = dt.datetime(2019, 10, 24, 10, 25, 30, tzinfo=dt.UTC)
    assert atm_xml.file_name("ExampleBank", second, "A123456", "dispatch") == (
        "ExampleBank_20191024102530_A123456_dispatch.xml"
    )


def test_no_part_of_a_name_leads_elsewhere_or_looks_like_two():
    second = dt.datetime(2026, 3, 14, 6, 12, 9, tzinfo=dt.UTC)
    assert atm_xml.file_name("../First Bank_", second, "A_1/2", "ack") == "..FirstBank_20260314061209_A-1-2_ack.xml"


@given(st.text(), st.text())
def test_any_text_can_be_written_in_any_format(notes: str, device: str):
    text = notes.encode("utf-8", "replace").decode()
    odd = dataclasses.replace(OF_ATM, notes=text, device=device.encode("utf-8", "replace").decode())
    etree.fromstring(atm_xml.write_dispatch(odd))
    assert dict(said(atm_json.write_dispatch(odd))).get("Notes", "") == text
    said(safepoint_json.write_dispatch(dataclasses.replace(OF_SAFE, description=text)))
