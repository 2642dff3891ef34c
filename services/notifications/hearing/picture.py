"""The picture that decisions on messages change: the messages that a batch of events may touch. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from services.notifications.messages.details import Details
from services.notifications.messages.packing import stored
from services.notifications.people.recipients import Learned


@dataclass(frozen=True, slots=True)
class Asked:
    """A message that waits, or has left: what of its row an event can ask for or change."""

    id: UUID
    customer_id: UUID
    template: str
    cause_id: UUID
    once_for: UUID
    commitment_id: UUID | None
    case_id: UUID | None
    details: Details
    traceparent: str | None
    state: str
    created_at: datetime
    next_attempt_at: datetime
    expires_at: datetime | None

    @property
    def waits(self) -> bool:
        return self.state == "pending"

    @property
    def is_bare(self) -> bool:
        """Whether its row was made of our own events, after a restore: they hold none of its details."""
        return self.details == stored(self.template, {})


@dataclass(slots=True)
class Picture:
    """The messages that a batch may touch, and what it says of their recipients."""

    known: Iterable[Asked]
    learned: Learned = field(default_factory=Learned)
    new: dict[UUID, Asked] = field(init=False, default_factory=dict)
    changed: dict[UUID, Asked] = field(init=False, default_factory=dict)
    _messages: dict[UUID, Asked] = field(init=False, default_factory=dict)
    _by: dict[UUID, set[UUID]] = field(init=False, default_factory=lambda: defaultdict(set))

    def __post_init__(self) -> None:
        for one in self.known:
            self._index(one)

    def about(self, id_: UUID, template: str | None = None) -> list[Asked]:
        """The messages that have to do with a contact, event, promise or customer of this id, the oldest first."""
        found = sorted(self._by.get(id_, ()))
        return [one for one in map(self._messages.__getitem__, found) if template in {None, one.template}]

    def put(self, one: Asked) -> None:
        into = self.new if one.id in self.new or one.id not in self._messages else self.changed
        into[one.id] = one
        self._index(one)

    def _index(self, one: Asked) -> None:
        self._messages[one.id] = one
        for id_ in (one.customer_id, one.once_for, one.cause_id, one.commitment_id):
            if id_ is not None:
                self._by[id_].add(one.id)
