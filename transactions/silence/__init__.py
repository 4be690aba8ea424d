"""Silence: safes, endpoints and feeds that are quiet against their own rhythm, found by the clock."""
