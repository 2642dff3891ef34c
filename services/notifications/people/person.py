"""The person a message is for, and what they can be reached by. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from services.notifications.messages.greeting import greeted
from shared.contracts.intake import Handle, HandleKind, Reachability


@dataclass(frozen=True, slots=True)
class Known:
    """One customer as intake has told of them."""

    customer_id: UUID
    name: str | None
    language: str | None
    handles: tuple[Handle, ...]


@dataclass(frozen=True, slots=True)
class Family:
    """One person: the customer a message is for, first, then those who are the same by a merge.

    `closed` are handles that are not to be written to, and why.
    """

    members: tuple[Known, ...] = ()
    closed: Mapping[Handle, Reachability] = field(default_factory=dict)

    @property
    def language(self) -> str | None:
        return next((member.language for member in self.members if member.language), None)

    @property
    def name(self) -> str | None:
        """The name by which they are greeted; None where nothing that we know of them is one."""
        return next((name for member in self.members if (name := greeted(member.name))), None)

    def handle(self, kind: HandleKind) -> Handle | None:
        """The first handle of `kind` that a message can be sent to."""
        return next((one for one in self._usable(kind) if one not in self.closed), None)

    def refusal(self, kind: HandleKind) -> Reachability | None:
        """The reason why no handle of `kind` is written to; None where there is none that could be."""
        return next((self.closed[one] for one in self._usable(kind) if one in self.closed), None)

    def _usable(self, kind: HandleKind) -> Iterator[Handle]:
        usable = _USABLE.get(kind)
        handles = (h for member in self.members for h in member.handles if h.kind == kind)
        return (h for h in handles if usable is None or usable.fullmatch(h.value))


# What goes on the wire as it is: nothing that could end a header or an SMTP command, nothing to be quoted.
_USABLE = {
    HandleKind.EMAIL: re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+"),
    HandleKind.PHONE: re.compile(r"\+[1-9][0-9]{6,14}"),
}
