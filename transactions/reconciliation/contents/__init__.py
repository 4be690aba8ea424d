"""What is in each safe now."""
