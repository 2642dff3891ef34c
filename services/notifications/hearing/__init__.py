"""Hearing: which event asks for which message."""
