"""The content of a Loomis file, read as a stream.

loomis-platformsync-api, "FTP File Delivery"; DOMAIN.md section 1. Rows are given out while the file is still being
read, and nothing of what was read is held: a file of any size takes the same memory. No DTD, no entities, no network;
texts and nesting are bounded by libxml2 (10 MB, 256 deep). Pure: no ORM, no clock.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import IO, Any

from lxml import etree

from transactions.wire.numbers import readable_amount
from transactions.wire.records import Record, is_known, read_record
from transactions.wire.unpacking import unpacked
from transactions.wire.values import BadRow, BodyError, FileTruncated, Repeated, RowError

_ROW = "customertransaction"
_CHUNK = 1 << 16
_KEPT_TEXT = 20_000
_MOST_DEPTH = 20
# What is no row stays in memory until the next row; no file of transactions holds so much of it.
_MOST_BETWEEN = 8 << 20
_SCHEMA = "{http://www.w3.org/2001/XMLSchema-instance}"
_SAFE: dict[str, Any] = {
    "resolve_entities": False,
    "load_dtd": False,
    "no_network": True,
    "huge_tree": False,
    "remove_comments": True,
    "remove_pis": True,
}


def read_rows(source: IO[bytes]) -> Iterator[Record | BadRow]:
    """The rows of a file, good and bad, in its order; plain, or packed by gzip or zip.

    Raises BodyError, with a sentence, when it is no such file, wherever in it that turns out: what was given out until
    then is not to be recorded. FileTruncated is one.
    """
    chunks = _trimmed(unpacked(source, _CHUNK))
    tag, begun = _first_row(chunks)
    # Events of rows alone: events of all elements would cost more than everything else.
    parser: Any = etree.XMLPullParser(events=("end",), tag=tag, **_SAFE)
    position = between = 0
    for chunk in chain(begun, chunks):
        between += len(chunk)
        _fed(parser.feed, position, chunk)
        for _, element in parser.read_events():
            position += 1
            between = 0
            yield _row(element, position)
            _let_go(element, tag)
        if between > _MOST_BETWEEN:
            raise BodyError(f"After {position:,} rows come {between:,} bytes without a row: this is no Loomis file.")
    root = _fed(parser.close, position)
    for _, element in parser.read_events():
        position += 1
        yield _row(element, position)
    _refuse_rows_in(root, tag)


def is_complete(source: IO[bytes]) -> bool:
    """Whether a file comes to its end: False for one that may still be growing, True also for what is no XML at all."""
    source.seek(0)
    if not source.read(1):
        return False
    source.seek(0)
    # A target that wants to hear of nothing: libxml2 checks the form, and no element is made.
    target: Any = _Deaf()
    parser: Any = etree.XMLParser(target=target, **_SAFE)
    try:
        for chunk in _trimmed(unpacked(source, _CHUNK)):
            _fed(parser.feed, 0, chunk)
        _fed(parser.close, 0)
    except FileTruncated:
        return False
    except BodyError:
        return True
    finally:
        source.seek(0)
    return True


class _Deaf:
    def close(self) -> None:
        pass


def _trimmed(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Without the empty line with which some programs begin, and which no XML declaration may follow."""
    anything = False
    for chunk in chunks:
        fed = chunk if anything else chunk.lstrip(b" \t\r\n")
        if fed:
            anything = True
            yield fed


def _first_row(chunks: Iterator[bytes]) -> tuple[str, list[bytes]]:
    """How this file spells a row's element, and the chunks that it took to find out."""
    parser: Any = etree.XMLPullParser(events=("start",), **_SAFE)
    begun: list[bytes] = []
    root: Any = None
    for chunk in chunks:
        begun.append(chunk)
        _fed(parser.feed, 0, chunk)
        for _, element in parser.read_events():
            if root is None:
                root = element
                _refuse_dtd(root)
            if _local(element.tag) == _ROW:
                return element.tag, begun
        if len(begun) * _CHUNK > _MOST_BETWEEN:
            break
    if not begun:
        raise BodyError("The file is empty.")
    if root is None or len(begun) * _CHUNK <= _MOST_BETWEEN:
        root = _fed(parser.close, 0)
    raise BodyError(f"The file is XML, but <{_name(root.tag)[:60]}> holds no CustomerTransaction.")


def _fed(step: Any, position: int, *chunk: bytes) -> Any:
    """One step of the parser; what it says of a broken file becomes a BodyError."""
    try:
        return step(*chunk)
    except etree.XMLSyntaxError as error:
        code = getattr(error, "code", 0)
        after = f"after {position:,} rows, " if position else ""
        said = f"{after}{(error.msg or 'it breaks off').rstrip('.')[:200]}"
        if chunk or code == etree.ErrorTypes.ERR_DOCUMENT_EMPTY:
            raise BodyError(f"The file is not XML: {said}.") from None
        if code == etree.ErrorTypes.ERR_INTERNAL_ERROR:
            raise BodyError("The file uses an entity that it does not define; entities are not resolved.") from None
        raise FileTruncated(f"The file ends before it is complete: {said}.") from None


def _row(element: Any, position: int) -> Record | BadRow:
    properties: dict[str, Any] = {}
    try:
        properties = _properties(element)
        return read_record(properties)
    except RowError as refused:
        serial, amount = "", None
        for name, value in properties.items():
            if name.lower() == "serialnumber" and isinstance(value, str):
                serial = "".join(c for c in value.strip().upper() if c.isprintable())[:64]
            elif name.lower() == "amount":
                amount = readable_amount(value)
        content = etree.tostring(element, encoding="unicode", with_tail=False)
        return BadRow(position, str(refused)[:500], content[:_KEPT_TEXT], serial, amount)


def _properties(element: Any, depth: int = 1) -> dict[str, Any]:
    """What an element holds: the texts of its children by name, None for empty ones, those with children alike."""
    if depth > _MOST_DEPTH:
        raise RowError(f"The row is nested more than {_MOST_DEPTH} deep.")
    pairs: list[tuple[str, Any]] = []
    for child in element:
        tag, attributes = child.tag, child.items()
        if not isinstance(tag, str):
            raise RowError("The row holds an entity, which is not resolved.")
        value = _properties(child, depth + 1) if len(child) else child.text
        name = _name(tag) if tag[0] == "{" else tag
        for attribute, text in attributes:
            if not attribute.startswith(_SCHEMA):
                pairs.append((f"{name}@{_name(attribute)}", text))
            elif attribute == f"{_SCHEMA}nil" and text in ("true", "1"):
                value = None
        pairs.append((name, value))
    found = dict(pairs)
    return found if len(found) == len(pairs) else _together(pairs, depth)


def _together(pairs: list[tuple[str, Any]], depth: int) -> dict[str, Any]:
    """Elements of one name as a list; but what the documents list stands once in a row, and twice is a mistake."""
    lists: dict[str, list[Any]] = {}
    known = []
    for name, value in pairs:
        if depth == 1 and is_known(name):
            known.append((name, value))
        else:
            lists.setdefault(name, []).append(value)
    return Repeated(known + [(name, values[0] if len(values) == 1 else values) for name, values in lists.items()])


def _name(tag: str) -> str:
    return tag.rpartition("}")[2]


def _local(tag: Any) -> str:
    return _name(tag).lower() if isinstance(tag, str) else ""


def _let_go(row: Any, tag: str) -> None:
    """Free a row that was read, and whatever stands before it."""
    row.clear(keep_tail=False)
    element = row
    while (parent := element.getparent()) is not None:
        while (before := element.getprevious()) is not None:
            if before.tag != tag:
                _refuse_rows_in(before, tag)
            parent.remove(before)
        element = parent


def _refuse_rows_in(element: Any, tag: str) -> None:
    # Rows that are spelt otherwise than the first gave no event: they must not be lost in silence.
    if any(one.tag != tag and _local(one.tag) == _ROW for one in element.iter()):
        raise BodyError("The file spells CustomerTransaction in more than one way, so its rows cannot be told apart.")


def _refuse_dtd(root: Any) -> None:
    if root.getroottree().docinfo.doctype:
        raise BodyError("The file has a document type (DTD), which files of transactions have not: nothing was read.")
