"""The person a message is for, and what they can be reached by. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from uuid import UUID

from shared.contracts.intake import Handle, HandleKind


@dataclass(frozen=True, slots=True)
class Known:
    """One customer as intake has told of them."""

    customer_id: UUID
    name: str | None
    language: str | None
    handles: tuple[Handle, ...]


@dataclass(frozen=True, slots=True)
class Family:
    """One person: the customer a message is for, first, then those who are the same by a merge."""

    members: tuple[Known, ...] = ()

    @property
    def language(self) -> str | None:
        return next((member.language for member in self.members if member.language), None)

    @property
    def name(self) -> str | None:
        return next((member.name for member in self.members if member.name), None)

    def address(self, kind: HandleKind) -> str | None:
        """The first handle of `kind` that a message can be sent to."""
        usable = _USABLE.get(kind)
        values = (h.value for member in self.members for h in member.handles if h.kind == kind)
        return next((v for v in values if usable is None or usable.fullmatch(v)), None)


# What goes on the wire as it is: nothing that could end a header or an SMTP command, nothing to be quoted.
_USABLE = {
    HandleKind.EMAIL: re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+"),
    HandleKind.PHONE: re.compile(r"\+[1-9][0-9]{6,14}"),
}
