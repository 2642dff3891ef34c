"""The contract of a provider: how a message is made for it, handed over, and asked for when its end is unknown."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple, Protocol

from services.notifications.providers.handover import Accepted, Account, Outgoing, Prepared, Sought, Status
from shared.contracts.intake import ChannelKind, HandleKind


class Form(StrEnum):
    """The shape that a message has on a channel."""

    MAIL = "mail"
    """A subject and a text."""
    TEXT = "text"
    """A text alone."""


class Repeat(StrEnum):
    """The rule for a message of which nobody knows whether it was sent."""

    SAFE = "safe"
    """It is sent again: a second copy is recognised, or does less harm than none."""
    LOOK_FIRST = "look_first"
    """The provider is asked first, and it is sent again where the provider knows nothing of it."""
    NEVER = "never"
    """It is not sent again: one of our people decides."""


class Limits(NamedTuple):
    """The most characters that the text of a form may have at a provider; None where there is no limit."""

    text: int | None = None


class Provider(Protocol):
    """A provider, the same object for all its accounts. Its facts are data; `send` and `lookup` alone talk to it."""

    name: str
    channel_kind: ChannelKind
    handle_kind: HandleKind
    """The kind of address it delivers to."""
    forms: Mapping[Form, Limits]
    """The forms that it carries, the preferred first."""
    repeat: Repeat

    def prepare(self, message: Outgoing, account: Account, to: str) -> Prepared:
        """Makes what is sent. Pure. `to` is an address the recipients' rules hold usable.

        Raises ValueError where it cannot be made of this message.
        """
        ...

    async def send(self, prepared: Prepared) -> Accepted:
        """Returns when the provider has taken it. Raises Undelivered; whatever else it raises counts as unknown.

        May be called by many tasks at once. It never repeats by itself.
        """
        ...

    async def lookup(self, sought: Sought) -> Status | None:
        """Asks what became of it; None where the provider has no such message.

        Called only where `repeat` is look_first. Raises Undelivered where it cannot be asked.
        """
        ...

    async def close(self) -> None:
        """Lets go of connections; a later `send` opens new ones."""
        ...


class Route(NamedTuple):
    """A way to the customer: a provider, by one of our accounts."""

    provider: Provider
    account: Account
