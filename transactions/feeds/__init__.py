"""Feeds: folders elsewhere that Loomis delivers files to. Found, fetched, recorded, and moved out of the way."""
