"""From the raw body of one delivery to its message: what is read is recorded, what cannot be read is told of."""
