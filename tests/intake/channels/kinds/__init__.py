"""The kinds that each provider's documentation names: a sample of each, and what it is to become."""
