"""Who may do what: each staff role and the permissions it has, model by model.

A role is a group of the same name. `keep_roles` brings the groups in step with the table; what it says of a role is
replaced whenever the database is migrated, so a retailer who wants another cut makes a group of another name. People
and their roles are the business of superusers alone: who could edit users could become one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.apps import apps as current_apps
from django.apps.registry import Apps

# One line a model, each with what may be done to it, in Django's words. Changing a finding is commenting on it,
# assigning and settling it; changing a delivery is reading it again: nothing in either can be edited.
Table = dict[str, str]

_ESTATE: Table = {"safes.site": "view", "safes.safe": "view", "safes.placement": "view", "safes.register": "view"}
_WHAT_HAPPENED: Table = {
    "transactions.transaction": "view",
    "transactions.auditevent": "view",
    "transactions.delivery": "view",
    "transactions.quarantinedrow": "view",
    "transactions.feedfile": "view",
    "transactions.channelcompleteness": "view",
    "transactions.ruling": "view",
    "transactions.safeday": "view",
    "transactions.siteday": "view",
    "transactions.tillday": "view",
    "transactions.tillsession": "view",
    "transactions.pickup": "view",
    "transactions.pickupslip": "view",
    "transactions.physicalcount": "view",
    "transactions.changeorder": "view",
    "transactions.changeorderstep": "view",
    "transactions.taking": "view",
    "transactions.othercash": "view",
    "transactions.signoff": "view",
    "transactions.signoffevent": "view",
}
# What staff say of the cash itself. A wrong word is withdrawn or said anew, never deleted.
_WORK_ON_CASH: Table = {
    "transactions.pickupslip": "view add change",
    "transactions.physicalcount": "view add change",
    "transactions.changeorderstep": "view add change",
    "transactions.taking": "view add change",
    "transactions.othercash": "view add change",
}
_INCIDENTS: Table = {
    "incidents.incident": "view",
    "incidents.incidentmessage": "view",
    "incidents.dispatch": "view",
    "incidents.attempt": "view",
    "incidents.atm": "view",
    "incidents.faultcode": "view",
    "incidents.loomisaccount": "view",
}
# Changing an incident is sending it, sending it again and asking Loomis to cancel it: what was sent cannot be edited.
_WORK_ON_INCIDENTS: Table = {**_INCIDENTS, "incidents.incident": "view add change"}
_CARDS: Table = {
    "loyalty.card": "view",
    "loyalty.cardevent": "view",
    "loyalty.contact": "view",
    "loyalty.entry": "view",
    "loyalty.lot": "view",
    "loyalty.reveal": "view",
}
# Changing a card is issuing, binding, activating, blocking, unblocking and replacing it, in the card role that is
# given beside it. Revealing is seeing a number and personal data in full, which leaves a trace.
_WORK_ON_CONTACTS: Table = {**_CARDS, "loyalty.contact": "view change reveal erase"}
_FINDINGS: Table = {"safes.finding": "view", "safes.findingnote": "view", "safes.attachment": "view"}
_WORK_ON_FINDINGS: Table = {
    "safes.finding": "view change",
    "safes.findingnote": "view add",
    "safes.attachment": "view add",
}

ROLES: dict[str, Table] = {
    "Cash office clerk": {
        **_ESTATE,
        **_WHAT_HAPPENED,
        **_WORK_ON_CASH,
        **_WORK_ON_FINDINGS,
        **_INCIDENTS,
        "incidents.incident": "view add",
        "loyalty.card": "view",
        "loyalty.contact": "view",
        "safes.register": "view change",
        "transactions.signoff": "view prepare",
    },
    "Supervisor": {
        **_WHAT_HAPPENED,
        **_WORK_ON_CASH,
        **_WORK_ON_FINDINGS,
        **_WORK_ON_INCIDENTS,
        "incidents.atm": "view add change delete",
        "incidents.faultcode": "view add change delete",
        **_WORK_ON_CONTACTS,
        "loyalty.card": "view change act_as_director",
        "loyalty.cardcall": "view",
        "safes.site": "view add change delete",
        "safes.safe": "view add change",
        "safes.placement": "view add change delete",
        "safes.register": "view add change delete",
        "safes.machineaccount": "view",
        "transactions.pushendpoint": "view",
        "transactions.feed": "view",
        "transactions.ruling": "view add change",
        "transactions.signoff": "view prepare approve",
    },
    "Auditor": {
        **_ESTATE,
        **_WHAT_HAPPENED,
        **_FINDINGS,
        **_INCIDENTS,
        **_CARDS,
        "loyalty.cardcall": "view",
        "safes.machineaccount": "view",
        "transactions.pushendpoint": "view",
        "transactions.feed": "view",
        "admin.logentry": "view",
        "auth.user": "view",
        "auth.group": "view",
    },
    "Incident desk": {
        **_ESTATE,
        **_WORK_ON_FINDINGS,
        **_WORK_ON_INCIDENTS,
        "incidents.atm": "view add change",
        "transactions.transaction": "view",
        "transactions.auditevent": "view",
    },
    "Loyalty desk": {
        "safes.site": "view",
        "safes.register": "view",
        **_WORK_ON_CONTACTS,
        "loyalty.contact": "view add change reveal erase",
        "loyalty.card": "view add change act_as_cc_operator",
        "loyalty.cardcall": "view",
    },
    "Integration admin": {
        **_ESTATE,
        **_WHAT_HAPPENED,
        **_WORK_ON_FINDINGS,
        **_INCIDENTS,
        "incidents.loomisaccount": "view add change",
        "incidents.atm": "view add change delete",
        "incidents.faultcode": "view add change delete",
        "loyalty.cardcall": "view",
        "safes.machineaccount": "view add change",
        "transactions.pushendpoint": "view add change",
        "transactions.delivery": "view change",
        "transactions.feed": "view add change",
        "transactions.feedfile": "view change",
    },
}


def permissions(role: str) -> Iterator[str]:
    """Its permissions as Django spells them: safes.view_finding."""
    for model, actions in ROLES[role].items():
        app, name = model.split(".")
        yield from (f"{app}.{action}_{name}" for action in actions.split())


def roles_with(permission: str) -> list[str]:
    """The roles that have a permission, in the table's order."""
    return [role for role in ROLES if permission in permissions(role)]


def keep_roles(app_config: Any, using: str, apps: Apps = current_apps, **_: Any) -> None:
    """Give every role exactly what the table says of one app; called for each app after every `migrate`.

    Not a migration: permissions are made after all migrations, app by app, so that a migration sees neither those of
    apps that come later nor those of models that are yet to be written. Not a part of prepare_system either: a test
    database, a restored one and a bare `migrate` want the same roles. A `flush` says no state of the models: the
    present one is meant.
    """
    ours = {role: [name for name in permissions(role) if name.startswith(f"{app_config.label}.")] for role in ROLES}
    if not any(ours.values()):
        return
    try:
        group, permission = apps.get_model("auth", "Group"), apps.get_model("auth", "Permission")
    except LookupError:
        return  # migrated back to before there were groups
    of_app = permission._default_manager.using(using).filter(content_type__app_label=app_config.label)
    by_name = {f"{app_config.label}.{one.codename}": one for one in of_app}
    for role, names in ours.items():
        made, _created = group._default_manager.using(using).get_or_create(name=role)
        wanted = {by_name[name] for name in names if name in by_name}
        has = set(made.permissions.using(using).filter(content_type__app_label=app_config.label))
        made.permissions.remove(*(has - wanted))
        made.permissions.add(*(wanted - has))
