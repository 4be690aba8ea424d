"""The staff site's rooms for the estate, findings and people."""

from django.contrib import admin

from safes.admin import findings, machine_accounts, overview, people, registers, safes, search, sites

admin.site.index_title = "Today"

__all__ = ["findings", "machine_accounts", "overview", "people", "registers", "safes", "search", "sites"]
