"""Who may block a card with which reason, and unblock it with which; which reason outweighs which. No database here.

DOMAIN.md, section 4: the table there and the one here can be laid side by side.
"""

from __future__ import annotations

from dataclasses import dataclass

from loyalty.codes import BlockReason, UnblockReason
from safes.models.machine_account import Role

# The role is the calling account's, never a parameter. Columns: block reasons 0 to 4, unblock reasons 0 to 3.
_TABLE = """
    role             0    1    2    3    4    0    1    2    3
    client           yes  -    -    -    -    yes  -    -    -
    cc_operator      yes  -    -    yes  yes  yes  -    -    yes
    marketer         yes  -    -    yes  yes  yes  -    -    yes
    senior_employee  yes  yes  -    -    yes  yes  yes  -    -
    director         yes  yes  yes  -    yes  yes  yes  yes  -
    administrator    yes  yes  yes  yes  yes  yes  yes  yes  yes
"""


@dataclass(frozen=True, slots=True)
class _May:
    block: frozenset[str]
    unblock: frozenset[str]


def _read(table: str) -> dict[str, _May]:
    _, *rows = (line.split() for line in table.strip().splitlines())
    return {
        role: _May(_yes(BlockReason.values, cells[:5]), _yes(UnblockReason.values, cells[5:])) for role, *cells in rows
    }


def _yes(codes: list[str], cells: list[str]) -> frozenset[str]:
    return frozenset(code for code, cell in zip(codes, cells, strict=True) if cell == "yes")


_MAY = _read(_TABLE)
_NOTHING = _May(frozenset(), frozenset())

# From the weakest to the strictest.
STRICTNESS = (
    BlockReason.LOSS,
    BlockReason.REFUSAL,
    BlockReason.UNWANTED,
    BlockReason.BLACKLIST,
    BlockReason.REPLACEMENT,
)

# Which block an unblock reason answers. Nothing answers a replacement: it is final.
ANSWERS = {
    UnblockReason.FOUND: BlockReason.LOSS,
    UnblockReason.OFF_UNWANTED: BlockReason.UNWANTED,
    UnblockReason.OFF_BLACKLIST: BlockReason.BLACKLIST,
    UnblockReason.RESTORED: BlockReason.REFUSAL,
}

# Roles that staff may act in at the card desk, the mightiest last.
CARD_ROLES = (
    Role.CLIENT,
    Role.CC_OPERATOR,
    Role.MARKETER,
    Role.SENIOR_EMPLOYEE,
    Role.DIRECTOR,
    Role.ADMINISTRATOR,
)


def may_block(role: str, code: str) -> bool:
    """Whether an account of this role may block with this reason; False for roles and codes that are none."""
    return code in _MAY.get(role, _NOTHING).block


def may_unblock(role: str, code: str) -> bool:
    """Whether an account of this role may unblock with this reason, whatever the card was blocked for."""
    return code in _MAY.get(role, _NOTHING).unblock


def is_stricter(code: str, than: str) -> bool:
    return STRICTNESS.index(BlockReason(code)) > STRICTNESS.index(BlockReason(than))


def is_final(code: str) -> bool:
    """Whether nobody unblocks a card that was blocked for this."""
    return code == BlockReason.REPLACEMENT
