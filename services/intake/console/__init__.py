"""The console, where agents read customers."""
