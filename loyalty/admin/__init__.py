"""The staff site's rooms for cards: the desk, a card, a contact, the ledger, and the calls of tills."""

from loyalty.admin import calls, cards, contacts, leads, ledger_rooms, panel, search

__all__ = ["calls", "cards", "contacts", "leads", "ledger_rooms", "panel", "search"]
