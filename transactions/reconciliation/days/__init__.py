"""Safe days: sums, openings and closings, and closes that are missing."""
