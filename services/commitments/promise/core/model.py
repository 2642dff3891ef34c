"""The promise: its data, the states it can be in, and its clocks. Pure, as all of this room is.

What binds us is the last revision the customer agreed to, or the first one we stated: a change nobody agreed to does
not move the date. After a "no" to the first terms nothing binds, so new ones bind as stated. Exactly on time is kept.
When due has passed nothing but fulfilment is said of a promise any more, whether or not its clock has gone off yet.
While it waits for the customer its clock stands still. An outcome, once there, never changes.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Literal, NamedTuple
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from shared.contracts import Payload
from shared.contracts.commitments import Outcome
from shared.contracts.terms import CommitmentKind, Over, Progress, Terms

WARN_AT = 0.75
"""The part of the promised time after which an unkept promise is called at risk."""

FARTHEST = timedelta(days=3653)
"""Ten years. What is promised for later is a slip of the pen, and the calendar of a zone ends somewhere."""

Decision = tuple["Promise", tuple[Payload, ...]]


class Status(StrEnum):
    DRAFT = "draft"
    STATED = "stated"
    AGREED = "agreed"
    DECLINED = "declined"
    FULFILLED = "fulfilled"
    BROKEN = "broken"
    WITHDRAWN = "withdrawn"
    VOID = "void"


OPEN = frozenset({Status.STATED, Status.AGREED})


class Approval(BaseModel):
    """The approval of terms that exceed their author's limits, and which limits those are."""

    model_config = ConfigDict(frozen=True)

    state: Literal["needed", "approved", "refused"]
    author: str
    over: tuple[Over, ...]


class Promise(NamedTuple):
    """A promise. A tuple, because thousands are read, decided about and written each second.

    `terms` holds every revision, oldest first; `binding` is the number of the one that counts.

    `waiting_since`: our clock stands still from then on, because the customer has something to do first.
    `channel_kind`, `category`, `partner` and `team` say where it came from, for the scorecard.
    """

    id: UUID
    customer_id: UUID
    kind: CommitmentKind
    terms: tuple[Terms, ...]
    status: Status = Status.DRAFT
    binding: int = 1
    answered: int = 0
    """The last revision the customer said yes or no to."""
    agreed: int = 0
    """The last revision the customer said yes to."""
    confirmed: int = 0
    """The last revision of a goal that we said yes to."""
    first: int = 1
    """The revision that was first promised: a later one where the customer said no to the first."""
    case_id: UUID | None = None
    interaction_id: UUID | None = None
    parent_id: UUID | None = None
    owner: str | None = None
    team: str | None = None
    partner: str | None = None
    category: str | None = None
    channel_kind: str | None = None
    obligor: Literal["us", "customer"] = "us"
    stated_at: datetime | None = None
    """When the clock of the binding terms began to run."""
    promised_at: datetime | None = None
    """When it was first told, later only by the time that we waited: what `first_due_at` is counted from."""
    warned_at: datetime | None = None
    waiting_since: datetime | None = None
    closed_at: datetime | None = None
    fulfilled_at: datetime | None = None
    outcome: Outcome | None = None
    progress: Progress | None = None
    """The last that was said of how it goes."""
    approval: Approval | None = None
    """None where its author may promise that much alone."""

    @property
    def binds(self) -> Terms:
        return self.terms[self.binding - 1]

    @property
    def latest(self) -> Terms:
        return self.terms[-1]

    @property
    def is_open(self) -> bool:
        return self.status in OPEN

    @property
    def warns_at(self) -> datetime | None:
        """The instant at which an unfulfilled promise is called at risk. None before it is told."""
        if self.stated_at is None:
            return None
        return self.stated_at + (self.binds.due_at - self.stated_at) * WARN_AT

    @property
    def awaits_answer(self) -> bool:
        """True while the customer has not answered the newest terms. A task needs no answer: they do it, or not."""
        return self.obligor == "us" and self.is_open and self.answered < len(self.terms)

    @property
    def by_both(self) -> dict[str, bool] | None:
        """Each side's yes to a goal as it binds, or its lack. None where it is no goal."""
        waited = [t.waited_seconds for t in self.terms]
        return both(self.kind, agreed=self.agreed, confirmed=self.confirmed, binding=self.binding, waited=waited)

    @property
    def first_due_at(self) -> datetime:
        """The due time as first promised, later only by the time that we waited for the customer."""
        waited = sum(t.waited_seconds for t in self.terms[self.first : self.binding])
        return self.terms[self.first - 1].due_at + timedelta(seconds=waited)

    def is_late(self, now: datetime) -> bool:
        """Tells whether the due time has passed while the clock runs."""
        return self.waiting_since is None and now > self.binds.due_at


def both(kind: str, *, agreed: int, confirmed: int, binding: int, waited: Sequence[int]) -> dict[str, bool] | None:
    """Tells for a goal whether each side said yes to what binds. A yes outlasts revisions that only waited."""
    if kind != CommitmentKind.GOAL:
        return None
    return {
        side: 0 < said <= binding and all(waited[said:binding])
        for side, said in (("us", confirmed), ("customer", agreed))
    }


ClockKind = Literal["commitment_due", "commitment_warning"]


def clocks(promise: Promise) -> dict[ClockKind, datetime]:
    """The clocks of an open promise. Due is one millisecond late on purpose: exactly on time is kept."""
    if not promise.is_open or promise.waiting_since is not None:
        return {}
    watched: dict[ClockKind, datetime] = {"commitment_due": promise.binds.due_at + timedelta(milliseconds=1)}
    if promise.warned_at is None and promise.warns_at is not None:
        watched["commitment_warning"] = promise.warns_at
    return watched


def reset_clocks(old: Promise | None, new: Promise) -> dict[ClockKind, datetime | None]:
    """The clocks that a decision changes: each that moves with its new instant, None for one that is taken away."""
    had, wants = clocks(old) if old else {}, clocks(new)
    gone: dict[ClockKind, datetime | None] = {kind: None for kind in had if kind not in wants}
    return gone | {kind: at for kind, at in wants.items() if had.get(kind) != at}


def facts(promise: Promise, terms: Terms | None = None) -> dict[str, Any]:
    """The fields that every event about a promise repeats."""
    return {
        "customer_id": promise.customer_id,
        "commitment_id": promise.id,
        "case_id": promise.case_id,
        "parent_id": promise.parent_id,
        "kind": promise.kind,
        "obligor": promise.obligor,
        "owner": promise.owner,
        "terms": terms or promise.latest,
    }
