"""The staff site's rooms for what Loomis sends: deliveries, transactions, audit events, push endpoints, rulings."""

from transactions.admin import audit_events, deliveries, endpoints, leads, overview, rulings, transactions, trials

__all__ = ["audit_events", "deliveries", "endpoints", "leads", "overview", "rulings", "transactions", "trials"]
