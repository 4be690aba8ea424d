"""The staff site's rooms for the estate, findings and people."""

from django.contrib import admin

from safes.admin import findings, overview, people, registers, safes, sites

admin.site.index_title = "Overview"

__all__ = ["findings", "overview", "people", "registers", "safes", "sites"]
