"""The staff site's rooms for what Loomis sends: deliveries, transactions, audit events, endpoints, rulings, days."""

from transactions.admin import (
    audit_events,
    completeness,
    deliveries,
    endpoints,
    feed_files,
    feeds,
    leads,
    other_cash,
    over_short,
    overview,
    rulings,
    safe_days,
    site_days,
    takings,
    transactions,
    trials,
)

__all__ = [
    "audit_events",
    "completeness",
    "deliveries",
    "endpoints",
    "feed_files",
    "feeds",
    "leads",
    "other_cash",
    "over_short",
    "overview",
    "rulings",
    "safe_days",
    "site_days",
    "takings",
    "transactions",
    "trials",
]
