"""Contacts: filed in batches, with what becomes known of them later."""
