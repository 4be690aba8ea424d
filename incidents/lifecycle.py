"""The life of an incident as one table: its state, what is proven next, and the state after that.

DOMAIN.md section 3: the state is the greatest that has been proven, so the table is the same for every order of what
is proven, and for every repetition. Pure.
"""

from __future__ import annotations

import enum


class State(enum.StrEnum):
    """From the least to the greatest; each is what has been proven at least."""

    DRAFT = "draft"
    QUEUED = "queued"
    SENT = "sent"  # it got through; nobody has said that it was taken
    UNCONFIRMED = "unconfirmed"  # it may have got through
    REFUSED = "refused"
    ACKNOWLEDGED = "acknowledged"
    ACCEPTED = "accepted"
    CANCELLED = "cancelled"
    CLOSED = "closed"


class Proof(enum.StrEnum):
    """What can be proven of an incident: by what we did, by how a try of ours ended, or by a message of Loomis's."""

    QUEUED = "queued"
    DROPPED = "dropped"  # cancelled here, before anything went out
    DELIVERED = "delivered"
    UNKNOWN = "unknown"
    NAK = "nak"
    ACK = "ack"
    ACCEPT = "accept"
    CANCEL = "cancel"
    CLOSE = "close"


# The messages of the two documents, in the words of theirs.
MESSAGE_TYPES = ("dispatch", "nak", "ack", "accept", "close", "cancel")
PROVEN_BY_MESSAGE = {
    "nak": Proof.NAK,
    "ack": Proof.ACK,
    "accept": Proof.ACCEPT,
    "cancel": Proof.CANCEL,
    "close": Proof.CLOSE,
}

# State by what is proven next; a dot: it stays what it is.
_TABLE = """
              queued  dropped    delivered  unknown      nak      ack           accept    cancel     close
draft         queued  cancelled  sent       unconfirmed  refused  acknowledged  accepted  cancelled  closed
queued        .       cancelled  sent       unconfirmed  refused  acknowledged  accepted  cancelled  closed
sent          .       cancelled  .          unconfirmed  refused  acknowledged  accepted  cancelled  closed
unconfirmed   .       cancelled  .          .            refused  acknowledged  accepted  cancelled  closed
refused       .       cancelled  .          .            .        acknowledged  accepted  cancelled  closed
acknowledged  .       cancelled  .          .            .        .             accepted  cancelled  closed
accepted      .       cancelled  .          .            .        .             .         cancelled  closed
cancelled     .       .          .          .            .        .             .         .          closed
closed        .       .          .          .            .        .             .         .          .
"""


def _read_table(text: str) -> dict[State, dict[Proof, State]]:
    head, *rows = (line.split() for line in text.strip().splitlines())
    return {
        State(state): {Proof(by): State(state if after == "." else after) for by, after in zip(head, row, strict=True)}
        for state, *row in rows
    }


TABLE = _read_table(_TABLE)

# Nothing more is expected of these.
FINAL = frozenset({State.REFUSED, State.CANCELLED, State.CLOSED})
# Something is.
OPEN = frozenset(State) - FINAL
# It went out, or may have, and Loomis has not said what became of it.
UNANSWERED = frozenset({State.SENT, State.UNCONFIRMED})
# Loomis has it and works on it.
UNDER_WAY = frozenset({State.ACKNOWLEDGED, State.ACCEPTED})
