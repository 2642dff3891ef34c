"""An arrival: a contact, or a fact about one, with the request it came by."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from services.intake.channels.items import Address, Contact, Fact, Moved, Reach
from services.intake.customers.identity import handle_of
from shared.contracts.intake import ChannelKind, Handle

AHEAD = timedelta(minutes=10)
"""How far clocks that are right differ. What happened later than that was dated by one that is wrong."""
OLDEST = timedelta(days=3653)
"""A contact from before that was dated by a clock that had stopped."""


@dataclass(frozen=True, slots=True)
class Source:
    """The channel it came by."""

    channel: str
    provider: str
    kind: ChannelKind
    account: str

    def handle(self, address: Address, region: str) -> Handle | None:
        """The handle that an address is here, in its one form."""
        return handle_of(address, self.account or self.provider, region)


@dataclass(frozen=True, slots=True)
class Arrival:
    """A contact with where it came from. `raw_id` None: an agent recorded it.

    `shares_id`: another contact had its id before.
    """

    source: Source
    received_at: datetime
    contact: Contact
    raw_id: int | None = None
    traceparent: str | None = None
    shares_id: bool = False

    @property
    def key(self) -> tuple[str, str]:
        return self.source.channel, self.contact.external_id

    @property
    def occurred_at(self) -> datetime:
        """The provider's time. A mail's date is its sender's: where it cannot be true, the time of receipt."""
        said = self.contact.occurred_at or self.received_at
        if (self.contact.channel_kind or self.source.kind) is not ChannelKind.EMAIL:
            return said
        return said if self.received_at - OLDEST <= said <= self.received_at + AHEAD else self.received_at


@dataclass(frozen=True, slots=True)
class Told:
    """A fact about a contact or a handle, with where it came from."""

    source: Source
    received_at: datetime
    raw_id: int
    traceparent: str | None
    item: Fact | Reach | Moved
