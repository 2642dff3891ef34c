"""Promises: stated, agreed, watched, honestly changed, kept or broken."""
