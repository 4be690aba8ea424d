"""The only room that writes transactions and audit events."""
