"""What the ledger says no with: sentences that say what to do. Malformed arguments are ValidationErrors by field."""

from __future__ import annotations


class NoSuchThing(LookupError):
    """There is no such card, or no such hold on it."""


class NoSuchCard(NoSuchThing):
    pass


class Conflict(Exception):
    """It cannot be done as things stand: too little there, another state, a reference that is taken."""
