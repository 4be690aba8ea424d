"""Files in all the forms that Loomis's have, or may come to have."""

from __future__ import annotations

import gzip
import io
import tracemalloc
import zipfile
from decimal import Decimal

import pytest

from tests.transactions.wire.making import DROP, wall
from transactions.wire.file_xml import read_rows
from transactions.wire.records import Record, read_record
from transactions.wire.values import BadRow, BodyError, FileTruncated

DROP_XML = (
    "<CustomerTransaction><SerialNumber>SR10042</SerialNumber>"
    "<TransactionDateTime>2026-03-14T11:54:27</TransactionDateTime><TransactionType>CashIn</TransactionType>"
    "<Amount>40.0000</Amount>{more}</CustomerTransaction>"
)


def xml_row(more: str = "") -> str:
    return DROP_XML.format(more=more)


def file(*rows: str, start: str = '<?xml version="1.0" encoding="utf-8"?>') -> bytes:
    messages = "".join(f"<Message><Transactions>{row}</Transactions></Message>" for row in rows)
    return f"{start}\n<Messages>{messages}</Messages>\n".encode()


def read(content: bytes) -> list[Record | BadRow]:
    return list(read_rows(io.BytesIO(content)))


def the_record(content: bytes) -> Record:
    (record,) = read(content)
    assert isinstance(record, Record), record
    return record


def users(content: bytes) -> list[str | None]:
    return [row.user_name for row in read(content) if isinstance(row, Record)]


def test_a_row_says_what_the_same_row_of_a_push_says():
    assert the_record(file(xml_row())) == read_record(DROP)


def test_everything_the_documents_and_the_published_sample_list_is_read():
    record = the_record(
        file(
            xml_row(
                "<PickupGroupId>100121517</PickupGroupId><RetrievedOn>2026-03-14T18:00:51.0730000Z</RetrievedOn>"
                "<UserName> USER_2 </UserName><Denominations><DenominationValue><UnitValue>20.0000</UnitValue>"
                "<Count>1</Count><Currency>USD</Currency></DenominationValue><DenominationValue>"
                "<UnitValue>10.0000</UnitValue><Count>2</Count><Currency>USD</Currency></DenominationValue>"
                "</Denominations><Register>0</Register><TubeCount>1</TubeCount><TubeColumn>7</TubeColumn>"
            )
        )
    )
    assert record.pickup_group_id == 100121517
    assert record.user_name == "USER_2"
    assert [(d.unit_value, d.count, d.currency) for d in record.denominations] == [
        (Decimal(10), 2, "USD"),
        (Decimal(20), 1, "USD"),
    ]
    assert (record.register, record.tube_count, record.tube_column) == ("0", "1", "7")
    assert record.local_time == wall("2026-03-14T11:54:27")


def test_rows_of_many_messages_come_in_their_order():
    rows = [xml_row(f"<UserName>U{number}</UserName>") for number in range(500)]
    content = f"<Messages><Message><Transactions>{''.join(rows)}</Transactions></Message></Messages>".encode()
    assert users(content) == [f"U{number}" for number in range(500)]
    assert users(file(*rows)) == [f"U{number}" for number in range(500)]


def test_an_audit_event_is_taken_too():
    content = file(
        "<CustomerTransaction><PickupGroupId>0</PickupGroupId><SerialNumber>S1</SerialNumber>"
        "<TransactionDateTime>2026-03-14T09:47:57</TransactionDateTime><TransactionType>DoorOpened</TransactionType>"
        "<Amount>0</Amount><DoorName>Vault open</DoorName></CustomerTransaction>"
    )
    record = the_record(content)
    assert (record.kind, record.door_name, record.pickup_group_id) == ("audit", "Vault open", None)


@pytest.mark.parametrize(
    "content",
    [
        file(xml_row()).replace(b"<Messages>", b'<Messages xmlns="urn:loomis">'),
        file(xml_row()).replace(b"<Messages>", b'<l:Messages xmlns:l="urn:l">').replace(b"</M", b"</l:M", 0)
        .replace(b"</Messages>", b"</l:Messages>"),
        file(xml_row()).replace(b"CustomerTransaction", b"customertransaction"),
        file(xml_row()).replace(b"Amount", b"AMOUNT").replace(b"SerialNumber", b"serialnumber"),
        file(xml_row("<Denominations />")),
        file(xml_row("<Denominations>\n  </Denominations>")),
        file(xml_row('<Register i:nil="true" xmlns:i="http://www.w3.org/2001/XMLSchema-instance">9</Register>')),
        file(xml_row("<!-- a comment --><?a pi?>")),
        b"\n\n" + file(xml_row()),
        b"\xef\xbb\xbf" + file(xml_row()),
        file(xml_row(), start="").decode().encode("utf-16"),
        file(xml_row(), start='<?xml version="1.0" encoding="UTF-16"?>').decode().encode("utf-16"),
        xml_row().encode(),
        gzip.compress(file(xml_row()), mtime=0),
    ],
)  # fmt: skip
def test_the_spelling_of_the_file_does_not_matter(content):
    assert the_record(content) == read_record(DROP)


def test_a_name_beyond_ascii_survives_every_encoding():
    text = file(xml_row("<UserName>ZOË</UserName>")).decode()
    for encoding in ("windows-1252", "iso-8859-1", "utf-8"):
        content = text.replace("utf-8", encoding).encode(encoding)
        assert the_record(content).user_name == "ZOË"


def test_a_zip_of_one_file_is_read_and_one_of_several_is_refused():
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("day.xml", file(xml_row()))
    assert the_record(packed.getvalue()) == read_record(DROP)
    with zipfile.ZipFile(packed, "a") as archive:
        archive.writestr("other.xml", file(xml_row()))
    with pytest.raises(BodyError, match="holds 2 files"):
        read(packed.getvalue())


def test_what_no_document_lists_is_kept():
    record = the_record(file(xml_row("<Belt>a</Belt><Belt>b</Belt><Deep><In x='1'>c</In></Deep>")))
    assert record.extra == {"Belt": ["a", "b"], "Deep": {"In@x": "1", "In": "c"}}


def test_one_bad_row_costs_no_neighbour_and_shows_its_text_and_cash():
    bad = xml_row().replace("2026-03-14T11:54:27", "yesterday").replace("40.0000", "1250.50")
    first, refused, last = read(file(xml_row(), bad, xml_row()))
    assert isinstance(first, Record)
    assert isinstance(last, Record)
    assert isinstance(refused, BadRow)
    assert (refused.position, refused.serial_number, refused.amount) == (2, "SR10042", Decimal("1250.5"))
    assert "yesterday" in refused.reason
    assert "<TransactionDateTime>yesterday</TransactionDateTime>" in refused.content


def test_a_property_given_twice_with_different_values_is_a_bad_row():
    (row,) = read(file(xml_row("<Amount>41</Amount>")))
    assert isinstance(row, BadRow)
    assert "given twice" in row.reason


WHOLE = file(*[xml_row(f"<UserName>U{number}</UserName>") for number in range(40)])


@pytest.mark.parametrize("kept", [3, 30, len(WHOLE) // 3, len(WHOLE) // 2, len(WHOLE) - 13])
def test_a_file_that_ends_too_early_is_told_from_one_that_is_broken(kept):
    with pytest.raises(FileTruncated, match="ends before it is complete"):
        read(WHOLE[:kept])
    packed = gzip.compress(WHOLE)
    with pytest.raises(FileTruncated):
        read(packed[: max(20, len(packed) * kept // len(WHOLE))])


BOMB = '<!DOCTYPE a [<!ENTITY b "bbbbbbbbbb">' + "".join(
    f'<!ENTITY b{n} "{"&b;" * 10 if n == 1 else f"&b{n - 1};" * 10}">' for n in range(1, 9)
) + "]>"  # fmt: skip


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"  \n", "empty"),
        (b"SerialNumber;Amount\nS1;3\n", "not XML"),
        (b'{"Transactions": []}', "not XML"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "not XML"),
        (b"<Messages></Message>", "not XML"),
        (b"<Messages><Message></Messages>", "not XML"),
        (b"<Messages/>", "holds no CustomerTransaction"),
        (b"<html><body>404</body></html>", "<html> holds no CustomerTransaction"),
        (file(xml_row()) + b"<More/>", "not XML"),
        (file(xml_row("<UserName>&nothing;</UserName>")), "entit"),
        (file(xml_row("<UserName>&#0;</UserName>")), "not XML"),
        (file(xml_row("<UserName>\xff</UserName>")).replace("ÿ".encode(), b"\xff"), "not XML"),
        (file(xml_row(), start=BOMB), "document type"),
        (file(xml_row(), start='<!DOCTYPE a SYSTEM "file:///etc/passwd">'), "document type"),
        (file(xml_row(), start='<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>'), "document type"),
        (file(xml_row("<A>" * 300 + "</A>" * 300)), "not XML"),
        (file(xml_row("<UserName>" + "x" * 10_000_001 + "</UserName>")), "without a row"),
        (file(xml_row(), xml_row().replace("CustomerTransaction", "CUSTOMERTRANSACTION")), "more than one way"),
        (gzip.compress(WHOLE, mtime=0)[:-8] + b"nonsense", "cannot be unpacked"),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_what_is_no_file_of_transactions_is_refused_in_a_sentence(content, said):
    with pytest.raises(BodyError, match=said) as refused:
        read(content)
    assert not isinstance(refused.value, FileTruncated)
    assert len(str(refused.value)) < 500


def test_a_zip_whose_list_of_contents_is_not_there_may_still_be_growing():
    with pytest.raises(FileTruncated, match="ends before it is complete"):
        read(b"PK\x03\x04nonsense")


def test_rows_nested_too_deep_are_bad_rows():
    (row,) = read(file(xml_row("<A>" * 60 + "</A>" * 60)))
    assert isinstance(row, BadRow)
    assert "nested" in row.reason


def test_a_bomb_is_given_up_before_it_fills_anything():
    bomb = gzip.compress(b"<Messages>" + b"<Message/>" * 10_000_000)
    assert len(bomb) < 500_000
    with pytest.raises(BodyError, match=r"unpacks to more than|holds no CustomerTransaction"):
        read(bomb)


def test_memory_does_not_grow_with_the_file():
    peaks = []
    for count in (2_000, 20_000):
        content = file(*[xml_row()] * count)
        tracemalloc.start()
        assert sum(1 for _ in read_rows(io.BytesIO(content))) == count
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] * 1.5
