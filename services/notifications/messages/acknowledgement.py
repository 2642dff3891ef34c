"""The details of an acknowledgement, and of thanks for what the customer did. Pure."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from services.notifications.messages.details import Details, Kind, Link, Part
from shared.contracts.commitments import Heard
from shared.contracts.terms import CommitmentKind
from shared.security.customer_links import Mention


class GoesOn(Part):
    """A promise that goes on because the customer did what it waited for: what the thanks for that say of it."""

    cause_id: UUID
    commitment_id: UUID
    kind: str = "promise"
    words: str
    due_at: datetime
    previous_due_at: datetime
    zone: str
    cost: str | None = None
    scope: str | None = None
    exclusions: str | None = None
    link: Link = None


class Acknowledgement(Details):
    """The message that we have something of the customer's: a contact (`heard`), or what we had asked for (`done`).

    `parents`: the promises that may go on now; `goes_on`: those that do. `unanswered`: why it gets no answer.
    """

    kind_of = Kind.ACKNOWLEDGEMENT
    kind: str = "promise"
    due_at: datetime | None = None
    done: tuple[str, ...] = ()
    parents: tuple[UUID, ...] = ()
    goes_on: tuple[GoesOn, ...] = ()
    heard: Heard | None = None
    unanswered: str | None = None

    @property
    def is_thanks(self) -> bool:
        """Whether it thanks for what was asked for and promises nothing: then it is no answer to a contact."""
        return self.kind == CommitmentKind.TASK

    @property
    def mentions(self) -> tuple[Mention, ...]:
        return tuple(one.link for one in self.goes_on if one.link)

    @property
    def contact(self) -> Heard | None:
        return self.heard

    @property
    def silence(self) -> str | None:
        return self.unanswered

    def still_true(self, now: datetime) -> Acknowledgement:
        return self.model_copy(update={"goes_on": tuple(one for one in self.goes_on if now < one.due_at)})

    def with_owed(self, owed: Acknowledgement) -> Acknowledgement:
        """These thanks, and what is owed for the same contact."""
        both = {
            "done": self.done + owed.done,
            "parents": self.parents + owed.parents,
            "goes_on": self.goes_on + owed.goes_on,
        }
        if owed.unanswered:
            return self.model_copy(update=both | {"unanswered": owed.unanswered})
        return owed.model_copy(update=both | {"heard": owed.heard or self.heard})
