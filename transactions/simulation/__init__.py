"""Loomis, simulated: what retailers' safes do in a day, how Loomis tells it, and a player that tells it over HTTP.

No ORM in here, and no database: everything but the player and the check is a pure function of the seed.
"""
