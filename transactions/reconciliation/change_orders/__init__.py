"""Change orders: ordered, delivered, settled."""
