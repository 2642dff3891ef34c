"""Messages as a batch of events asks for them. Pure.

A message is asked for once for each contact or event, however often and by whichever event.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from services.notifications.messages.acknowledgement import Acknowledgement
from services.notifications.messages.details import Details, Kind
from services.notifications.people.recipients import Learned
from shared.contracts import Event
from shared.contracts.commitments import Commitment
from shared.contracts.feedback import SurveyRequested
from shared.handling import Work
from shared.ids import new_id


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


def ask(
    picture: Picture,
    work: Work,
    event: Event,
    customer_id: UUID,
    details: Details,
    *,
    commitment_id: UUID | None = None,
    case_id: UUID | None = None,
    once_for: UUID | None = None,
    expires_at: datetime | None = None,
) -> None:
    """Asks for a message, once for each `once_for` (by itself: the event)."""
    once = once_for or event.id
    if work.is_again and _is_known(picture, event, details.kind_of, once):
        return
    asked = Asked(
        id=new_id(),
        customer_id=customer_id,
        template=details.kind_of,
        cause_id=event.id,
        once_for=once,
        commitment_id=commitment_id,
        case_id=case_id,
        details=details,
        traceparent=event.traceparent,
        state="pending",
        created_at=work.now,
        next_attempt_at=work.now,
        expires_at=expires_at,
    )
    known = next((one for one in picture.about(once, details.kind_of) if one.once_for == once), None)
    if known is None:
        picture.put(asked)
    elif (thanks := _waiting_thanks(known)) and known.cause_id != asked.cause_id:
        picture.put(_together(known, thanks, asked))


def ask_about(
    picture: Picture,
    work: Work,
    event: Event,
    told: Commitment | SurveyRequested,
    details: Details,
    *,
    once_for: UUID | None = None,
    expires_at: datetime | None = None,
) -> None:
    """Asks for a message about a promise."""
    about = {"commitment_id": told.commitment_id, "case_id": told.case_id}
    ask(picture, work, event, told.customer_id, details, **about, once_for=once_for, expires_at=expires_at)


def _is_known(picture: Picture, event: Event, kind: Kind, once_for: UUID) -> bool:
    """Whether our own events have told of it already, before the database was restored."""
    told = next((one for one in picture.about(event.id, kind) if one.cause_id == event.id), None)
    if told is not None:
        picture.put(replace(told, once_for=once_for))
    return told is not None


def _waiting_thanks(known: Asked) -> Acknowledgement | None:
    """Thanks that wait to be sent: merged with the acknowledgement of the same contact, which is acknowledged once."""
    details = known.details
    return details if known.waits and isinstance(details, Acknowledgement) and details.is_thanks else None


def _together(known: Asked, thanks: Acknowledgement, asked: Asked) -> Asked:
    owed = asked.details
    return replace(
        known,
        commitment_id=asked.commitment_id,
        case_id=asked.case_id or known.case_id,
        expires_at=asked.expires_at,
        details=thanks.with_owed(owed) if isinstance(owed, Acknowledgement) else thanks,
    )
