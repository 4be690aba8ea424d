"""What is sent, written out: the same bytes, and the same name of a file, for every try of a dispatch."""

from __future__ import annotations

from dataclasses import dataclass

from incidents.models import Dispatch, Incident, IncidentMessage, LoomisAccount
from incidents.wire import atm_json, atm_xml, safepoint_json
from incidents.wire.outgoing import OutgoingCancel, OutgoingDispatch

Via = IncidentMessage.Via


@dataclass(frozen=True, slots=True)
class Written:
    """A message of ours; ``file_name`` is "" for one that goes by HTTP."""

    body: bytes
    via: IncidentMessage.Via
    file_name: str = ""


def write(incident: Incident, kind: str) -> Written:
    """The message of an incident that is queued: its dispatch, or its cancel, which SafePoint alone has."""
    account = incident.account
    if kind == Dispatch.Kind.CANCEL:
        return Written(safepoint_json.write_cancel(_cancel(incident)), Via.REQUEST)
    said = _dispatch(incident)
    if account.transport == LoomisAccount.Transport.SFTP:
        name = atm_xml.file_name(account.bank_name, incident.file_second, incident.device, "dispatch")
        return Written(atm_xml.write_dispatch(said), Via.FILE, name)
    dialect = atm_json if account.dialect == LoomisAccount.Dialect.ATM else safepoint_json
    return Written(dialect.write_dispatch(said), Via.REQUEST)


def _dispatch(incident: Incident) -> OutgoingDispatch:
    account = incident.account
    return OutgoingDispatch(
        customer_number=account.customer_number,
        service_provider=account.service_provider,
        reference=incident.reference,
        device=incident.device,
        fault_code=incident.fault_code,
        fault_at=incident.fault_at,
        device_status=incident.device_status,
        notes=incident.notes,
        currency=incident.currency,
        amounts=incident.amounts,
        subject=incident.subject,
        description=incident.description,
        contact_name=incident.contact_name,
        contact_number=incident.contact_number,
        contact_email=incident.contact_email,
    )


def _cancel(incident: Incident) -> OutgoingCancel:
    return OutgoingCancel(
        customer_number=incident.account.customer_number,
        reference=incident.reference,
        number=incident.loomis_number,
        text=incident.cancel_text,
        at=incident.cancel_requested_at or incident.changed_at,
    )
