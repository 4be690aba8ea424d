"""The staff site's rooms for the estate, findings and people."""

from safes.admin import findings, people, registers, safes, sites

__all__ = ["findings", "people", "registers", "safes", "sites"]
