"""Getting what waits in the outbox to Loomis: claimed, sent, its outcome written down (docs/decisions/0015)."""
