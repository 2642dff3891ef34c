"""Consuming: the inbox, in which an event takes effect once, and the loop that reads topics into it."""

from shared.inbox.consumer import InboxConsumer
from shared.inbox.inbox import Inbox, TooManyParked

__all__ = ["Inbox", "InboxConsumer", "TooManyParked"]
