"""Whether the books are what follows from the raw deliveries and the other inputs: all of it rebuilt, and compared."""
