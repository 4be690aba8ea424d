"""What we say to Loomis, in no format yet. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class OutgoingDispatch:
    """A Dispatch, whichever dialect; what a dialect has no word for is left out there. ``fault_at`` in UTC.

    ``amounts``: whole units of the currency by denomination, both as texts: {"20": "1020"}.
    """

    customer_number: str
    service_provider: str
    reference: str
    device: str
    fault_code: str
    fault_at: dt.datetime
    device_status: str = ""
    notes: str = ""
    currency: str = "USD"
    amounts: Mapping[str, str] = field(default_factory=dict)
    subject: str = ""
    description: str = ""
    contact_name: str = ""
    contact_number: str = ""
    contact_email: str = ""


@dataclass(frozen=True, slots=True)
class OutgoingCancel:
    """A Cancel of ours, which SafePoint alone has; ``at`` in UTC."""

    customer_number: str
    reference: str
    number: str
    text: str
    at: dt.datetime
