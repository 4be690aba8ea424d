"""The staff site's rooms for incidents: the board, an incident, accounts, ATMs, fault codes."""
