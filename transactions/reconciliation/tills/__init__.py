"""Till sessions on recyclers."""
