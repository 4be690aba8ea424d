"""Site days: what the safes say against what the tills say."""
