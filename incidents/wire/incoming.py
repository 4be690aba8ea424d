"""Which reader a message of Loomis's is given to. Pure.

By what its bytes begin with, before what was arranged: content types are ignored (CONTRACT.md, "Also").
"""

from __future__ import annotations

from incidents.reading import Reading
from incidents.wire import atm_json, atm_xml, safepoint_json

_BLANK = b"\xef\xbb\xbf \t\r\n\x00"


def read_message(body: bytes, dialect: str, *, is_file: bool = False) -> Reading:
    """What a message says; ``dialect`` of its account. Raises NotReadable, with a sentence, for what is none."""
    if is_file or body.lstrip(_BLANK).startswith(b"<"):
        return atm_xml.read_message(body)
    return atm_json.read_message(body) if dialect == "atm" else safepoint_json.read_message(body)
