"""The staff site's rooms for incidents: the board, an incident, its messages, accounts, ATMs, fault codes."""

from incidents.admin import accounts, atms, incidents, leads, messages, panels, search, today

__all__ = ["accounts", "atms", "incidents", "leads", "messages", "panels", "search", "today"]
