"""Contacts: filed in batches, with the facts that follow later."""
