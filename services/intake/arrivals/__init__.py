"""Arrivals: the way of a contact from the first byte to an event, by webhook, mailbox or call."""
