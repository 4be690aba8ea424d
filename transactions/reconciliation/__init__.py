"""The accounting day: what the books make of transactions, counts and takings. DOMAIN.md section 2."""
