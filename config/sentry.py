"""Errors to Sentry, where a DSN is set. What goes there leaves the house, so it says where in the code, never what.

No headers, cookies, bodies, query strings, local variables, users or task arguments. No path either but its pattern,
and of an exception its kind without its text: database errors quote rows, and ours quote what was sent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import sentry_sdk
from sentry_sdk.integrations.celery import CeleryIntegration
from sentry_sdk.integrations.django import DjangoIntegration
from sentry_sdk.integrations.logging import LoggingIntegration

if TYPE_CHECKING:
    from sentry_sdk.types import Event, Hint


def start(dsn: str) -> None:
    """Does nothing without a DSN: no thread, no hook, no connection."""
    if not dsn:
        return
    sentry_sdk.init(
        dsn=dsn,
        send_default_pii=False,
        include_local_variables=False,
        max_request_body_size="never",
        max_breadcrumbs=0,  # they quote SQL, log lines and addresses
        trace_propagation_targets=[],  # no header of Sentry's on what we send to Loomis
        auto_session_tracking=False,
        server_name="strongroom",
        # What nobody caught is sent, and what is logged as an error; other log lines are not.
        integrations=[DjangoIntegration(), CeleryIntegration(), LoggingIntegration(level=None)],
        before_send=without_particulars,
    )


def without_particulars(event: Event, hint: Hint) -> Event:
    """What is left of an event when everything is gone that a stranger, a customer or a till could have put there."""
    for name in ("user", "extra", "breadcrumbs", "contexts", "modules"):
        event.pop(name, None)  # type: ignore[misc] # a TypedDict, and names in a loop
    method = (event.get("request") or {}).get("method")
    event["request"] = {"method": method} if method else {}
    record = hint.get("log_record")
    if record is not None:
        # A log line's own words are ours; what was put into them is not.
        said = record.msg.get("event", "") if isinstance(record.msg, dict) else record.msg
        event["logentry"] = {"message": str(said)}
    for error in (event.get("exception") or {}).get("values", []):
        error["value"] = ""
        for frame in (error.get("stacktrace") or {}).get("frames", []):
            frame.pop("vars", None)
    return event
