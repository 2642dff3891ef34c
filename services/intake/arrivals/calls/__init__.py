"""Telephone calls, folded from their steps into one contact each."""
