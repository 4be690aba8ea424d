"""How Loomis writes incidents and how we write them to Loomis: ATM JSON, SafePoint JSON, ATM XML. Pure."""
