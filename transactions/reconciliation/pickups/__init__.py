"""Pickups: which drops left with which servicing, and what nobody has taken yet."""
