"""What the staff site is called and how it is laid out: grouped as the cash office thinks, not as the code is.

Settings for django-unfold, whose admin site is the one in use.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse, reverse_lazy

from safes.dashboard import panels_for, work_for


def _may(permission: str) -> Callable[[HttpRequest], bool]:
    def allowed(request: HttpRequest) -> bool:
        return request.user.has_perm(permission)

    return allowed


def _entry(title: str, icon: str, app: str, model: str, page: str = "changelist", act: str = "view") -> dict[str, Any]:
    return {
        "title": title,
        "icon": icon,
        "link": reverse_lazy(f"admin:{app}_{model}_{page}"),
        "permission": _may(f"{app}.{act}_{model}"),
    }


def _in_takings(request: HttpRequest) -> bool:
    """The desk has an entry of its own, though its address is below the list's."""
    room = reverse("admin:transactions_taking_changelist")
    return request.path.startswith(room) and request.path != reverse("admin:transactions_taking_desk")


def _in_incidents(request: HttpRequest) -> bool:
    """The board and the form have entries of their own, though their addresses are below the list's."""
    room = reverse("admin:incidents_incident_changelist")
    own = {reverse(f"admin:incidents_incident_{page}") for page in ("board", "add")}
    return request.path.startswith(room) and request.path not in own


def _in_cards(request: HttpRequest) -> bool:
    """The desk has an entry of its own, though its address is below the list's."""
    room = reverse("admin:loyalty_card_changelist")
    return request.path.startswith(room) and request.path != reverse("admin:loyalty_card_desk")


def today(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """The first page: what needs this person now, and every app's panels that they may see."""
    return {**context, "work": work_for(request), "panels": panels_for(request)}


UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "Strongroom",
    "SITE_HEADER": "Strongroom",
    "SITE_SUBHEADER": "The cash office's back office",
    "SITE_SYMBOL": "lock",
    "SITE_URL": None,
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("staff/favicon.svg")}],
    "SCRIPTS": [lambda request: static("staff/keys.js")],
    "STYLES": [lambda request: static("staff/staff.css"), lambda request: static("staff/print.css")],
    "DASHBOARD_CALLBACK": "config.admin_site.today",
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_BACK_BUTTON": True,
    "BORDER_RADIUS": "6px",
    "COLORS": {
        # A sober blue: red, orange and green are kept for what they mean.
        "primary": {
            "50": "oklch(97% .014 254.604)",
            "100": "oklch(93.2% .032 255.585)",
            "200": "oklch(88.2% .059 254.128)",
            "300": "oklch(80.9% .105 251.813)",
            "400": "oklch(70.7% .165 254.624)",
            "500": "oklch(62.3% .214 259.815)",
            "600": "oklch(54.6% .245 262.881)",
            "700": "oklch(48.8% .243 264.376)",
            "800": "oklch(42.4% .199 265.638)",
            "900": "oklch(37.9% .146 265.522)",
            "950": "oklch(28.2% .091 267.935)",
        },
    },
    "ACCOUNT": {"navigation": [{"title": "Second factor", "link": reverse_lazy("second_factor:enrol")}]},
    "COMMAND": {"search_models": False, "show_history": False},
    "SIDEBAR": {
        # All rooms are in sight, and a key leads to each (static/staff/keys.js).
        "show_search": False,
        "show_all_applications": False,
        "navigation": [
            {
                # As a morning goes: what needs somebody, the days, what was fetched and counted.
                "title": "Cash office",
                "items": [
                    {"title": "Today", "icon": "today", "link": reverse_lazy("admin:index")},
                    _entry("Findings", "report", "safes", "finding"),
                    _entry("Site days", "storefront", "transactions", "siteday"),
                    _entry("Safe days", "calendar_month", "transactions", "safeday"),
                    _entry("Takings desk", "keyboard", "transactions", "taking", page="desk", act="add"),
                    _entry("Takings", "receipt_long", "transactions", "taking") | {"active": _in_takings},
                    _entry("Over/short by till", "balance", "transactions", "tillday"),
                    _entry("Deposits and petty cash", "savings", "transactions", "othercash"),
                    _entry("Pickups", "local_shipping", "transactions", "pickup"),
                    _entry("Physical counts", "calculate", "transactions", "physicalcount"),
                    _entry("Change orders", "currency_exchange", "transactions", "changeorder"),
                    _entry("Till sessions", "swap_horiz", "transactions", "tillsession"),
                ],
            },
            {
                # What Loomis's technicians are called for.
                "title": "Service",
                "separator": True,
                "items": [
                    _entry("Incidents", "support_agent", "incidents", "incident", page="board"),
                    _entry("Raise an incident", "add_alert", "incidents", "incident", page="add", act="add"),
                    _entry("List of incidents", "list_alt", "incidents", "incident") | {"active": _in_incidents},
                    _entry("Messages", "forum", "incidents", "incidentmessage"),
                    _entry("ATMs", "local_atm", "incidents", "atm"),
                    _entry("Fault codes", "error", "incidents", "faultcode"),
                ],
            },
            {
                # Who holds a card, and what became of it.
                "title": "Loyalty",
                "separator": True,
                "items": [
                    _entry("Card desk", "person_search", "loyalty", "card", page="desk"),
                    _entry("Cards", "credit_card", "loyalty", "card") | {"active": _in_cards},
                    _entry("Contacts", "contacts", "loyalty", "contact"),
                    _entry("What happened to cards", "history", "loyalty", "cardevent"),
                    _entry("Bonuses", "loyalty", "loyalty", "entry"),
                    _entry("Calls of tills", "terminal", "loyalty", "cardcall"),
                    _entry("Seen in full", "visibility", "loyalty", "reveal"),
                ],
            },
            {
                "title": "What was sent",
                "separator": True,
                "items": [
                    _entry("Transactions", "payments", "transactions", "transaction"),
                    _entry("Audit events", "door_front", "transactions", "auditevent"),
                    _entry("Rulings", "gavel", "transactions", "ruling"),
                    _entry("Completeness", "rule", "transactions", "channelcompleteness"),
                    _entry("Deliveries", "inbox", "transactions", "delivery"),
                ],
            },
            {
                "title": "Estate",
                "separator": True,
                "items": [
                    _entry("Sites", "store", "safes", "site"),
                    _entry("Safes", "lock", "safes", "safe"),
                    _entry("Registers", "point_of_sale", "safes", "register"),
                ],
            },
            {
                "title": "Connections",
                "separator": True,
                "items": [
                    _entry("Loomis accounts", "handshake", "incidents", "loomisaccount"),
                    _entry("Push endpoints", "cloud_download", "transactions", "pushendpoint"),
                    _entry("Feeds", "folder_managed", "transactions", "feed"),
                    _entry("Feed files", "draft", "transactions", "feedfile"),
                    _entry("Machine accounts", "smart_toy", "safes", "machineaccount"),
                ],
            },
            {
                "title": "People",
                "separator": True,
                "items": [
                    _entry("Users", "person", "auth", "user"),
                    _entry("Groups", "group", "auth", "group"),
                ],
            },
        ],
    },
}
