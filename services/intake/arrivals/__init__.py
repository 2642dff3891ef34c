"""Everything that comes in, from the first byte to an event: webhooks, mailboxes, calls."""
