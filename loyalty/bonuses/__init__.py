"""The ledger of bonuses: lots, and what was earned, spent, held, reversed, burnt and moved of them."""
