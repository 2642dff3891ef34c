"""What a provider promises, whichever it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from shared.contracts.intake import ChannelKind, HandleKind


@dataclass(frozen=True, slots=True)
class Letter:
    """One attempt to send one message. `notification_id` is the same for every attempt, `attempt` counts from 1.

    `to` is an address the recipients' rules hold usable; `subject` is one line; `written_at` the message's own date.
    `mark` says which case an answer belongs to (shared.security.marks).
    """

    notification_id: UUID
    attempt: int
    to: str
    subject: str
    text: str
    written_at: datetime
    traceparent: str | None = None
    mark: str | None = None


class Provider(Protocol):
    channel_kind: ChannelKind
    handle_kind: HandleKind
    """The kind of address it delivers to."""

    async def send(self, letter: Letter) -> None:
        """Returns when the provider has taken it. Raises Refused (for good) or TryLater.

        May be called by many tasks at once. Whatever else it raises counts as TryLater.
        """
        ...

    async def close(self) -> None:
        """Lets go of connections; a later `send` opens new ones."""
        ...
