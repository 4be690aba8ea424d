"""ATM incidents in XML files: DOMAIN.md section 3, and Loomis's published examples. Pure.

Reading is lenient where the examples are: a root that is opened twice instead of closed, and other names of fields.
"""

from __future__ import annotations

import datetime as dt
import re

from lxml import etree

from incidents.reading import Reading, read
from incidents.wire.json_fields import NotReadable, zulu
from incidents.wire.outgoing import OutgoingDispatch

LARGEST = 1 << 20
_UNSAFE = re.compile(r"[^A-Za-z0-9.-]+")
# What XML 1.0 has no way to write.
_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff￾￿]")


def write_dispatch(said: OutgoingDispatch) -> bytes:
    """One Incident, in the order of the published example, its root closed."""
    root = etree.Element("Incident")
    for name, value in {
        "MessageType": "Dispatch",
        "CustomerId": said.customer_number,
        "ServiceProvider": said.service_provider,
        "IncidentReference": said.reference,
        "DeviceId": said.device,
        "DeviceStatus": said.device_status,
        "FaultCode": said.fault_code,
        "FaultDateTime": zulu(said.fault_at),
        "Notes": said.notes,
    }.items():
        if value:
            etree.SubElement(root, name).text = _NO_XML.sub(" ", value)
    if said.amounts:
        amounts = etree.SubElement(root, "Amounts")
        for denomination, amount in sorted(said.amounts.items(), key=lambda pair: int(pair[0])):
            line = etree.SubElement(amounts, "Amount", currency=said.currency, denomination=denomination)
            line.text = amount
    written: bytes = etree.tostring(root, encoding="UTF-8", xml_declaration=True, pretty_print=True)
    return written


def file_name(bank: str, second: dt.datetime, device: str, message_type: str) -> str:
    """<Bank Name>_<UTC yyyymmddHHMMSS>_<ATM id>_<message type>.xml, with nothing in its parts that parts names."""
    parts = (_UNSAFE.sub("", bank), f"{second.astimezone(dt.UTC):%Y%m%d%H%M%S}", _UNSAFE.sub("-", device), message_type)
    return f"{'_'.join(parts)}.xml"


def is_whole(body: bytes) -> bool:
    """Whether the file ends as well-formed XML does: one that does not may still be growing."""
    try:
        etree.fromstring(body, _parser(recover=False))
    except (etree.XMLSyntaxError, ValueError):
        return False
    return True


def read_message(body: bytes) -> Reading:
    """What a file says; its first Incident. Raises NotReadable for what has none."""
    if len(body) > LARGEST:
        raise NotReadable(f"The file is larger than {LARGEST:,} bytes.")
    root: etree._Element | None
    try:
        root = etree.fromstring(body, _parser(recover=True))
    except (etree.XMLSyntaxError, ValueError):
        root = None
    if root is None:
        raise NotReadable("The file is not XML.")
    if root.getroottree().docinfo.internalDTD is not None:
        raise NotReadable("The file has a DTD, which is not read.")
    incident = next((one for one in root.iter() if _name(one).lower() == "incident"), None)
    if incident is None:
        raise NotReadable("The file has no Incident in it.")
    said: dict[str, str] = {}
    for child in incident:
        if not len(child):
            said.setdefault(_name(child), (child.text or "").strip())
    return read(said, "xml")


def _parser(*, recover: bool) -> etree.XMLParser:
    return etree.XMLParser(
        recover=recover, resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True
    )


def _name(element: etree._Element) -> str:
    tag: object = element.tag  # of a processing instruction it is a function
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""
