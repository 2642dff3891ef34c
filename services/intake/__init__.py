"""Intake: every way in, who it was, what it is about, and the one timeline of it all."""
