"""Rules: what is wrong with a safe, or with one of its business days, as things stand now. Each is a question only."""
