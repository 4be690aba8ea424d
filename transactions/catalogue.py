"""The type catalogue: every transaction type Loomis names, its aliases, and what it does to the safe.

DOMAIN.md section 1, "Types". This table is the only place that knows; everything else reads it. Pure: no ORM, no clock.
"""

from __future__ import annotations

import enum


class Kind(enum.StrEnum):
    """What a transaction does to the safe."""

    VALIDATED = "validated"  # cash in, counted by the machine
    MANUAL = "manual"  # cash in, counted by nobody yet
    PICKUP = "pickup"  # the courier takes validated and manual away and closes the pickup group
    CHANGE_ORDER = "change_order"  # nothing physical; lowers what the bank will credit
    DISPENSE = "dispense"  # out of the inventory
    TUBES = "tubes"  # into or out of the inventory
    BUY_CHANGE = "buy_change"  # denominations move, the sum does not
    RECYCLER_IN = "recycler_in"  # into the inventory
    RECYCLER_OUT = "recycler_out"  # out of the inventory
    MARKER = "marker"  # no cash: the end of a day, a placeholder
    AUDIT = "audit"  # no cash: doors, locks, log-ins; kept in a table of their own
    UNKNOWN = "unknown"  # stored, counted nowhere, shown as a finding


# canonical type, kind, other names Loomis uses for it
_TABLE: list[tuple[str, Kind, tuple[str, ...]]] = [
    ("CashIn", Kind.VALIDATED, ("ValidatedCashIn",)),
    ("ManualCashTransaction", Kind.MANUAL, ()),
    ("Servicing", Kind.PICKUP, ()),
    ("ChangeRequest", Kind.CHANGE_ORDER, ("ChangePurchase",)),
    ("CoinDispense", Kind.DISPENSE, ()),
    ("NoteDispense", Kind.DISPENSE, ()),
    ("CoinDispenseBuyChange", Kind.DISPENSE, ()),
    ("NoteDispenseBuyChange", Kind.DISPENSE, ()),
    ("TubeLoaded", Kind.TUBES, ()),
    ("TubeRemoved", Kind.TUBES, ()),
    ("TubeDumped", Kind.TUBES, ()),
    ("BuyChange", Kind.BUY_CHANGE, ()),
    ("CashAcceptedTillCheckin", Kind.RECYCLER_IN, ()),
    ("CashAcceptedAddCash", Kind.RECYCLER_IN, ()),
    ("CashAcceptedReplenishment", Kind.RECYCLER_IN, ()),
    ("CashAcceptedCashFundTransferIn", Kind.RECYCLER_IN, ()),
    ("CashDispenseTillCheckout", Kind.RECYCLER_OUT, ()),
    ("CashDispenseAdvanceCash", Kind.RECYCLER_OUT, ()),
    ("CashDispenseCashFundTransferOut", Kind.RECYCLER_OUT, ()),
    ("EndOfDay", Kind.MARKER, ()),
    ("Placeholder", Kind.MARKER, ()),
    ("Logon", Kind.AUDIT, ("Login",)),
    ("Logoff", Kind.AUDIT, ()),
    # The document describes LockClosed and DoorClosed the wrong way round; the names win.
    ("LockOpened", Kind.AUDIT, ()),
    ("LockClosed", Kind.AUDIT, ()),
    ("DoorOpened", Kind.AUDIT, ()),
    ("DoorClosed", Kind.AUDIT, ()),
    ("DoorWhine", Kind.AUDIT, ()),
    ("DoorWhineOverride", Kind.AUDIT, ()),
]

KIND_OF: dict[str, Kind] = {canonical: kind for canonical, kind, _ in _TABLE}
_CANONICAL: dict[str, str] = {
    name.casefold(): canonical for canonical, _, aliases in _TABLE for name in (canonical, *aliases)
}
WIRE_TYPES: list[str] = [name for canonical, _, aliases in _TABLE for name in (canonical, *aliases)]

END_OF_DAY = "EndOfDay"

# Kinds whose rows say something about cash; the rest are markers, audit events and what nobody understands yet.
CASH_KINDS: frozenset[Kind] = frozenset(Kind) - {Kind.MARKER, Kind.AUDIT, Kind.UNKNOWN}
# Few rows that hang together over many days: servicings, change orders, what loads a safe, tills at a recycler.
ACROSS_DAYS: list[str] = ["change_order", "pickup", "recycler_in", "recycler_out", "tubes"]
# Kinds that may come without an amount, which is 0 then.
AMOUNT_OPTIONAL: frozenset[Kind] = frozenset({Kind.MARKER, Kind.AUDIT})


def classify(wire_type: str) -> tuple[str, Kind]:
    """Canonical type and kind of a type as sent; an unknown one is its own canonical type."""
    canonical = _CANONICAL.get(wire_type.casefold())
    if canonical is None:
        return wire_type, Kind.UNKNOWN
    return canonical, KIND_OF[canonical]
