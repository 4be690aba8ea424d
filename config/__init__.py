"""Wiring: settings, the servers, the processes. No business rule lives here."""
