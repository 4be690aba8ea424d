"""Who may block a card with which reason, and unblock it with which; which reason outweighs which. No database here.

DOMAIN.md, section 4: the table there and the one here can be laid side by side.
"""

from __future__ import annotations

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
_REASONS = [*BlockReason, *UnblockReason]


def _read(table: str) -> dict[str, frozenset[BlockReason | UnblockReason]]:
    _, *rows = (line.split() for line in table.strip().splitlines())
    return {
        role: frozenset(reason for reason, cell in zip(_REASONS, cells, strict=True) if cell == "yes")
        for role, *cells in rows
    }


_MAY = _read(_TABLE)

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
    return any(reason == code for reason in _MAY.get(role, ()) if isinstance(reason, BlockReason))


def may_unblock(role: str, code: str) -> bool:
    """Whether an account of this role may unblock with this reason, whatever the card was blocked for."""
    return any(reason == code for reason in _MAY.get(role, ()) if isinstance(reason, UnblockReason))


def is_stricter(code: str, than: str) -> bool:
    return STRICTNESS.index(BlockReason(code)) > STRICTNESS.index(BlockReason(than))


def is_final(code: str) -> bool:
    """Whether nobody unblocks a card that was blocked for this."""
    return code == BlockReason.REPLACEMENT
