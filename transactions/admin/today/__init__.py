"""What the rooms of this app put on Today: days to sign, pickups, silent safes, arrivals, and the charts."""

from transactions.admin.today import arrivals, charts, days, pickups, silence

__all__ = ["arrivals", "charts", "days", "pickups", "silence"]
