"""Attachments of contacts: named, fetched, handed out to staff."""
