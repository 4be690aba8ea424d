"""The staff site's rooms for cards: the desk, a card, a contact, the ledger."""

from loyalty.admin import cards, contacts, ledger_rooms

__all__ = ["cards", "contacts", "ledger_rooms"]
