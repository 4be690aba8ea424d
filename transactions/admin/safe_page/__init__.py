"""What the page of a safe tells of its days: a month as a calendar, and one day as it went."""

from transactions.admin.safe_page import calendar, timeline

__all__ = ["calendar", "timeline"]
