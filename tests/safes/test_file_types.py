"""What a file is, by its bytes: whatever it is called, and whatever stands around it."""

from __future__ import annotations

import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safes.attachments import NAME_LENGTH, safe_name
from safes.file_types import CSV, DOCX, EML, GIF, HEIC, JPEG, PDF, PNG, TEXT, TYPES, WEBP, XLSX, file_type_of


def packed(*names: str) -> bytes:
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return kept.getvalue()


LETTER = b"From: site@example.com\r\nTo: office@example.com\r\nSubject: Short\r\n\r\nTwenty are missing.\r\n"
GOOD = [
    (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj", PDF),
    (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", PNG),
    (b"\xff\xd8\xff\xe0\x00\x10JFIF\x00", JPEG),
    (b"GIF89a\x01\x00", GIF),
    (b"RIFF\x24\x00\x00\x00WEBPVP8 ", WEBP),
    (b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00", HEIC),
    (packed("[Content_Types].xml", "xl/workbook.xml"), XLSX),
    (packed("[Content_Types].xml", "word/document.xml"), DOCX),
    (LETTER, EML),
    (b"register,amount\n1,20.00\n2,40.00\n", CSV),
    ("register;amount\nKasse Süd;20,00\n".encode("cp1252"), CSV),
    ("register\tamount\n1\t20\n".encode("utf-16"), CSV),
    ("Der Zähler stand auf 20 €.\n".encode(), TEXT),
    (b"Time: eight o'clock, the safe was open.", TEXT),
]
BAD = {
    "nothing": b"",
    "blanks": b" \n\t ",
    "a program": b"MZ\x90\x00\x03\x00\x00\x00",
    "another program": b"\x7fELF\x02\x01\x01\x00",
    "a script": b"#!/bin/sh\nrm -rf /\n",
    "a web page": b"\n  <!doctype html><script>alert(1)</script>",
    "a web page with a mark": b"\xef\xbb\xbf<html>",
    "a drawing that runs scripts": b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
    "an archive": packed("report.csv"),
    "a spreadsheet with macros": packed("[Content_Types].xml", "xl/workbook.xml", "xl/vbaProject.bin"),
    "half an archive": packed("[Content_Types].xml", "xl/workbook.xml")[:60],
    "an archive of very many": packed("[Content_Types].xml", "xl/workbook.xml") + b"PK\x01\x02" * 6000,
    "sound": b"RIFF\x24\x00\x00\x00WAVEfmt ",
    "a film": b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00",
    "text with a null": b"plain text\x00and more",
    "a document of old": b"{\\rtf1\\ansi hello}",
}


@pytest.mark.parametrize(("content", "found"), GOOD, ids=[found.name + str(n) for n, (_, found) in enumerate(GOOD)])
def test_a_file_is_told_by_its_bytes(content, found):
    assert file_type_of(content) is found


@pytest.mark.parametrize("content", BAD.values(), ids=BAD.keys())
def test_what_nobody_should_open_from_a_finding_is_no_type(content):
    assert file_type_of(content) is None


@given(st.binary(max_size=300), st.sampled_from([b"", b"PK\x03\x04", b"RIFF", b"%PDF", b"\xff\xfe", b"From: "]))
def test_no_bytes_are_too_strange_to_be_looked_at(content, beginning):
    assert file_type_of(beginning + content) in (None, *TYPES)


@pytest.mark.parametrize(
    ("name", "found", "kept"),
    [
        ("Receipt 7.pdf", PDF, "Receipt 7.pdf"),
        ("photo.JPEG", JPEG, "photo.jpeg"),
        ("../../etc/passwd", TEXT, "passwd.txt"),
        ("C:\\Users\\anna\\receipt.pdf", PDF, "receipt.pdf"),
        ("invoice.pdf.exe", PDF, "invoice.pdf.exe.pdf"),
        ("\u202efdp.exe", PDF, "fdp.exe.pdf"),
        ("nul\x00l.pdf", PDF, "nul l.pdf"),
        ('a"b\r\nSet-Cookie: x.png', PNG, "a_b Set-Cookie_ x.png"),
        ("", PNG, "attachment.png"),
        ("...", PNG, "attachment.png"),
        (".pdf", PDF, "attachment.pdf"),
        ("report.csv", TEXT, "report.csv"),
    ],
)
def test_a_name_is_no_path_hides_nothing_and_ends_as_its_type_does(name, found, kept):
    assert safe_name(name, found) == kept


@given(st.text(max_size=400), st.sampled_from(TYPES))
def test_any_name_is_made_one_that_can_be_kept(name, found):
    kept = safe_name(name, found)
    assert 0 < len(kept) <= NAME_LENGTH
    assert kept.lower().endswith(found.endings)
    assert not set(kept) & set('/\\\x00\r\n"')
