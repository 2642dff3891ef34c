"""Notifications: one message to one customer by one channel, with its attempts and how it fared."""
