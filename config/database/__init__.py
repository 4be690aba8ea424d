"""Django's PostgreSQL engine, with an end to its patience. See base.py."""
