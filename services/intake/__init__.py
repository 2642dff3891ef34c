"""Intake: channels in, customers, cases, and the one timeline of every contact."""
