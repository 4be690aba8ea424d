"""What a file is, told by its bytes alone: of the kinds that people attach to a finding. Pure: no ORM, no clock."""

from __future__ import annotations

import codecs
import csv
import io
import re
import struct
import zipfile
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FileType:
    """A kind of file: its name for people, its media type, and the endings that a name of it may have."""

    name: str
    media_type: str
    endings: tuple[str, ...]


PDF = FileType("PDF", "application/pdf", (".pdf",))
PNG = FileType("PNG", "image/png", (".png",))
JPEG = FileType("JPEG", "image/jpeg", (".jpg", ".jpeg"))
GIF = FileType("GIF", "image/gif", (".gif",))
WEBP = FileType("WebP", "image/webp", (".webp",))
HEIC = FileType("HEIC", "image/heic", (".heic", ".heif"))
XLSX = FileType("Excel (xlsx)", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", (".xlsx",))
DOCX = FileType("Word (docx)", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", (".docx",))
EML = FileType("e-mail (eml)", "message/rfc822", (".eml",))
CSV = FileType("CSV", "text/csv", (".csv", ".tsv", ".txt"))
TEXT = FileType("plain text", "text/plain", (".txt", ".log", ".csv", ".tsv", ".md"))

TYPES = (PDF, PNG, JPEG, GIF, WEBP, HEIC, XLSX, DOCX, EML, CSV, TEXT)

_SIGNATURES = (
    (b"%PDF-", PDF),
    (b"\x89PNG\r\n\x1a\n", PNG),
    (b"\xff\xd8\xff", JPEG),
    (b"GIF87a", GIF),
    (b"GIF89a", GIF),
)
_HEIC_BRANDS = frozenset({b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1"})
# A directory entry of a zip file costs its reader some hundred bytes of memory; an office file has dozens.
_ZIP_ENTRY, _ZIP_ENTRIES = b"PK\x01\x02", 5000
_OFFICE = {"xl/workbook.xml": XLSX, "word/document.xml": DOCX}
# Characters that no text has, whatever its alphabet; tabs, line ends, page ends and escapes it may have.
_NO_TEXT = re.compile(r"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f\x7f]")
_HEADER = re.compile(r"[A-Za-z][A-Za-z0-9-]*:[ \t\r\n]")
_OF_A_LETTER = re.compile(r"^(from|to|subject|date|message-id|received):", re.IGNORECASE | re.MULTILINE)
_LETTER_HAS = 3
_LINES_LOOKED_AT = 50


def file_type_of(content: bytes) -> FileType | None:
    """One of TYPES, or None: programs, web pages, archives, and whatever else nobody should open from a finding."""
    for signature, found in _SIGNATURES:
        if content.startswith(signature):
            return found
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return WEBP
    if content[4:8] == b"ftyp" and content[8:12] in _HEIC_BRANDS:
        return HEIC
    if content.startswith(b"PK\x03\x04"):
        return _office_type_of(content)
    text = _text_of(content)
    return None if text is None else _text_type_of(text)


def _office_type_of(content: bytes) -> FileType | None:
    """A document without macros; nothing is unpacked."""
    if content.count(_ZIP_ENTRY) > _ZIP_ENTRIES:
        return None
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, struct.error, ValueError, OverflowError, NotImplementedError):
        return None
    if "[Content_Types].xml" not in names or any(name.lower().endswith("vbaproject.bin") for name in names):
        return None
    return next((found for name, found in _OFFICE.items() if name in names), None)


def _text_of(content: bytes) -> str | None:
    """In UTF-16 with its mark, in UTF-8, or in the code page that spreadsheets of old write."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encodings = ["utf-16"]
    else:
        encodings = ["utf-8-sig", "cp1252"]
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        return text if text.strip() and not _NO_TEXT.search(text) else None
    return None


def _text_type_of(text: str) -> FileType | None:
    beginning = text.lstrip()[:1000]
    if beginning.startswith(("<", "#!", "{\\rtf")):
        return None  # a web page, a drawing that runs scripts, a program, a document of old
    head = re.split(r"\r?\n\r?\n", text, maxsplit=1)[0]
    if _HEADER.match(text) and len({name.lower() for name in _OF_A_LETTER.findall(head)}) >= _LETTER_HAS:
        return EML
    return CSV if _is_a_table(text) else TEXT


def _is_a_table(text: str) -> bool:
    """Whether its first lines have the same number of cells by one of the usual separators, and more than one."""
    lines = text.splitlines()[:_LINES_LOOKED_AT]
    for separator in (",", ";", "\t"):
        try:
            widths = {len(row) for row in csv.reader(lines, delimiter=separator) if row}
        except csv.Error:
            continue
        if len(lines) > 1 and len(widths) == 1 and widths.pop() > 1:
            return True
    return False
