"""A database with a chain's years in it, to measure on: one area is lived through, and the database multiplies it."""
