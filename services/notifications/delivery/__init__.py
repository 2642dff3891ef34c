"""Delivery: whether and when a message is sent, its attempts, and what became of them."""
