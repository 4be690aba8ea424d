"""What each type does to a safe's two compartments. DOMAIN.md section 1, "Types". Pure: no ORM, no clock.

The contents (validated and manual cash) wait for the courier; the inventory is what the safe gives out.
"""

from __future__ import annotations

from transactions.catalogue import KIND_OF, Kind

DROPS = frozenset({Kind.VALIDATED, Kind.MANUAL})

CHECK_IN, CHECK_OUT = "CashAcceptedTillCheckin", "CashDispenseTillCheckout"

_BY_KIND = {Kind.DISPENSE: -1, Kind.TUBES: 1, Kind.RECYCLER_IN: 1, Kind.RECYCLER_OUT: -1}
_OUT_OF_TUBES = {"TubeRemoved": -1, "TubeDumped": -1}

# A type that is not here leaves the inventory's sum as it is.
TO_INVENTORY: dict[str, int] = {
    type_: _OUT_OF_TUBES.get(type_, _BY_KIND[kind]) for type_, kind in KIND_OF.items() if kind in _BY_KIND
}

# The sum stays, the denominations move: what it names is added where it comes to nothing, and else not understood.
EXCHANGE = "BuyChange"

# What a till brought to a safe, as over/short has it (CONTRACT.md, "Also", safe_total).
TO_BANKED: dict[str, int] = {type_: 1 for type_, kind in KIND_OF.items() if kind in DROPS} | {
    CHECK_IN: 1,
    CHECK_OUT: -1,
}
