"""Mailboxes that are read over IMAP."""
