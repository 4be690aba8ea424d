"""Completeness: what pushes and files each told of a safe's business day, and what one told and the other did not.

DOMAIN.md section 2, "Channel completeness". Days are drawn from the stored transactions, under the lock on their safe;
what only time or an arrangement changes is marked by the clock, and drawn the same way.
"""
