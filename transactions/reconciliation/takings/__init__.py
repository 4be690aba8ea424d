"""Takings: what the tills say was banked, by whichever way they say it."""
