"""The life of a promise, as pure decisions: (promise, command, now) -> (promise, events).

    draft --state--> stated --agree--> agreed --fulfil--> fulfilled
                       |  \\--decline--> declined --revise--> stated
                       |
            stated, agreed: revise (before due; binds when agreed), warn (before due), fall due -> broken
            any that is open: withdraw (before due) -> withdrawn

What binds us is the last revision the customer agreed to, or the first one we stated: a change nobody
agreed to does not move the date. After a "no" to the first terms nothing binds, so new ones bind as stated.
Exactly on time is kept. When due has passed nothing but fulfilment is said of a promise any more, whether or
not its clock has gone off yet. An outcome, once there, never changes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Literal
from uuid import UUID

from services.commitments.errors import DueInThePast, DueTooFar, StaleRevision, TooLate, WrongState
from shared.contracts import Payload
from shared.contracts import commitments as told
from shared.contracts.commitments import CommitmentKind, Outcome, Terms

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


OPEN = frozenset({Status.STATED, Status.AGREED})


@dataclass(frozen=True, slots=True)
class Promise:
    """`terms` holds every revision, oldest first; `binding` is the number of the one that counts."""

    id: UUID
    customer_id: UUID
    kind: CommitmentKind
    terms: tuple[Terms, ...]
    status: Status = Status.DRAFT
    binding: int = 1
    answered: int = 0
    """The last revision the customer said yes or no to."""
    case_id: UUID | None = None
    interaction_id: UUID | None = None
    owner: str | None = None
    obligor: Literal["us", "customer"] = "us"
    stated_at: datetime | None = None
    """When the clock of the binding terms began to run."""
    warned_at: datetime | None = None
    closed_at: datetime | None = None
    fulfilled_at: datetime | None = None
    outcome: Outcome | None = None

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
        """When it is called at risk if it is not fulfilled by then. None before it is told."""
        if self.stated_at is None:
            return None
        return self.stated_at + (self.binds.due_at - self.stated_at) * WARN_AT

    @property
    def awaits_answer(self) -> bool:
        """Whether the customer has terms before them that they have not answered."""
        return self.is_open and self.answered < len(self.terms)


ClockKind = Literal["commitment_due", "commitment_warning"]


def clocks(promise: Promise) -> dict[ClockKind, datetime]:
    """When an open promise wants to be looked at. Due is one millisecond late on purpose: exactly on time is kept."""
    if not promise.is_open:
        return {}
    watched: dict[ClockKind, datetime] = {"commitment_due": promise.binds.due_at + timedelta(milliseconds=1)}
    if promise.warned_at is None and promise.warns_at is not None:
        watched["commitment_warning"] = promise.warns_at
    return watched


def reset_clocks(old: Promise | None, new: Promise) -> dict[ClockKind, datetime | None]:
    """What a decision does to the clocks: each that moves with its new instant, None for one that is taken away."""
    had, wants = clocks(old) if old else {}, clocks(new)
    gone: dict[ClockKind, datetime | None] = {kind: None for kind in had if kind not in wants}
    return gone | {kind: at for kind, at in wants.items() if had.get(kind) != at}


def draft(promise: Promise) -> Decision:
    """Written down, told to nobody yet."""
    return promise, (told.CommitmentDrafted(**_facts(promise)),)


def state(promise: Promise, now: datetime) -> Decision:
    """The promise is told to the customer. From here on it is watched."""
    _expect(promise, Status.DRAFT)
    check_due(promise.latest.due_at, now)
    stated = replace(promise, status=Status.STATED, stated_at=now)
    facts = told.CommitmentStated(**_facts(stated), interaction_id=promise.interaction_id)
    return stated, (facts,)


def agree(
    promise: Promise, revision: int, now: datetime, *, by: Literal["customer_page", "agent_record"] = "customer_page"
) -> Decision:
    """The customer says yes to the terms they saw. Saying it twice is saying it once."""
    if promise.status is Status.AGREED and revision == promise.binding == len(promise.terms):
        return promise, ()
    _expect(promise, *OPEN)
    _in_time(promise, now)
    _current(promise, revision)
    if now > promise.latest.due_at:
        raise TooLate("the new time has passed already; the customer needs another one")
    moved = revision != promise.binding
    agreed = replace(
        promise,
        status=Status.AGREED,
        binding=revision,
        answered=revision,
        stated_at=now if moved else promise.stated_at,
        warned_at=None if moved else promise.warned_at,
    )
    return agreed, (told.CommitmentAgreed(**_facts(agreed), by=by),)


def decline(promise: Promise, revision: int, reason: str, now: datetime) -> Decision:
    """The customer says no: to the first terms, and there is no promise; to a change, and the old one binds.

    What they have agreed to they can withdraw, not decline.
    """
    _expect(promise, *OPEN)
    _in_time(promise, now)
    _current(promise, revision)
    if promise.binding == revision:
        _expect(promise, Status.STATED)
    elif promise.answered == revision:
        return promise, ()
    facts = told.CommitmentDeclined(**_facts(promise), reason=reason)
    if promise.binding < revision:
        return replace(promise, answered=revision), (facts,)
    return replace(promise, status=Status.DECLINED, answered=revision, closed_at=now), (facts,)


def revise(
    promise: Promise,
    *,
    due_at: datetime,
    reason: str,
    by: str,
    now: datetime,
    words: str | None = None,
    cost: str | None = None,
    seen: int | None = None,
) -> Decision:
    """New terms, told before the old ones are due. They bind when the customer agrees.

    `seen` is the revision the author looked at: where it has been replaced, their change is refused.
    """
    if promise.status is Status.BROKEN:
        raise TooLate(_LATE)
    _expect(promise, *OPEN, Status.DECLINED)
    if promise.is_open:
        _in_time(promise, now)
    if seen is not None:
        _current(promise, seen)
    check_due(due_at, now)
    old = promise.binds
    new = old.model_copy(
        update={
            "revision": len(promise.terms) + 1,
            "due_at": due_at,
            "words": words or old.words,
            "cost": cost or old.cost,
            "reason": reason,
        }
    )
    if promise.status is Status.DECLINED:
        revised = replace(
            promise,
            terms=(*promise.terms, new),
            status=Status.STATED,
            binding=new.revision,
            stated_at=now,
            warned_at=None,
            closed_at=None,
        )
    else:
        # The customer hears of trouble with the revision itself: what comes after is no silent break.
        revised = replace(promise, terms=(*promise.terms, new), warned_at=promise.warned_at or now)
    return revised, (told.CommitmentRevised(**_facts(revised), previous_due_at=old.due_at, by=by),)


def warn(promise: Promise, now: datetime) -> Decision:
    """At 75% of its time and not fulfilled: owner and customer hear of it, before it slips and only once."""
    at = promise.warns_at
    if not promise.is_open or promise.warned_at is not None or at is None or not at <= now < promise.binds.due_at:
        return promise, ()
    warned = replace(promise, warned_at=now)
    facts = told.CommitmentAtRisk(
        **_facts(promise, promise.binds), reason="not_finished_yet", next_contact_at=promise.binds.due_at
    )
    return warned, (facts,)


def fall_due(promise: Promise, now: datetime) -> Decision:
    """The due time has passed unkept: broken, and whether the customer had been told."""
    if not promise.is_open or now <= promise.binds.due_at:
        return promise, ()
    outcome = Outcome.BROKEN_WARNED if promise.warned_at else Outcome.BROKEN_SILENT
    broken = replace(promise, status=Status.BROKEN, outcome=outcome, closed_at=now)
    return broken, (told.CommitmentBroken(**_facts(promise, promise.binds), outcome=outcome, broken_at=now),)


def fulfil(promise: Promise, now: datetime, *, by: str, evidence: UUID | None = None) -> Decision:
    """Done. In time it is kept; after the break it is done late, and stays broken."""
    if promise.status is Status.BROKEN and promise.fulfilled_at is None:
        late = replace(promise, fulfilled_at=now)
        return late, (_fulfilled(late, now, by, evidence),)
    _expect(promise, *OPEN)
    if now > promise.binds.due_at:
        broken, facts = fall_due(promise, now)
        done, more = fulfil(broken, now, by=by, evidence=evidence)
        return done, (*facts, *more)
    changed = promise.status is Status.AGREED and promise.binding > 1
    outcome = Outcome.KEPT_CHANGED if changed else Outcome.KEPT
    kept = replace(promise, status=Status.FULFILLED, outcome=outcome, closed_at=now, fulfilled_at=now)
    return kept, (_fulfilled(kept, now, by, evidence),)


def withdraw(promise: Promise, now: datetime, *, reason: str, by: str) -> Decision:
    """The customer wants it no longer."""
    _expect(promise, Status.DRAFT, *OPEN)
    if promise.is_open:
        _in_time(promise, now)
    gone = replace(promise, status=Status.WITHDRAWN, outcome=Outcome.WITHDRAWN, closed_at=now)
    facts = told.CommitmentWithdrawn(**_facts(gone), outcome=Outcome.WITHDRAWN, reason=reason, by=by)
    return gone, (facts,)


def check_due(due_at: datetime, now: datetime) -> None:
    """Raises DueInThePast or DueTooFar."""
    if due_at <= now:
        raise DueInThePast("a promise needs a due time in the future")
    if due_at - now > FARTHEST:
        raise DueTooFar("a promise needs a due time within ten years")


def _fulfilled(promise: Promise, now: datetime, by: str, evidence: UUID | None) -> Payload:
    assert promise.outcome is not None
    return told.CommitmentFulfilled(
        **_facts(promise, promise.binds), outcome=promise.outcome, fulfilled_at=now, by=by, evidence=evidence
    )


def _facts(promise: Promise, terms: Terms | None = None) -> dict[str, Any]:
    return {
        "customer_id": promise.customer_id,
        "commitment_id": promise.id,
        "case_id": promise.case_id,
        "kind": promise.kind,
        "obligor": promise.obligor,
        "owner": promise.owner,
        "terms": terms or promise.latest,
    }


_LATE = "the promise was due already; it can be fulfilled late, not rewritten"


def _in_time(promise: Promise, now: datetime) -> None:
    if now > promise.binds.due_at:
        raise TooLate(_LATE)


def _expect(promise: Promise, *allowed: Status) -> None:
    if promise.status not in allowed:
        raise WrongState(f"the promise is {promise.status}", state=promise.status.value, allowed=_names(allowed))


def _names(statuses: Sequence[Status]) -> list[str]:
    return sorted(status.value for status in statuses)


def _current(promise: Promise, revision: int) -> None:
    if revision != len(promise.terms):
        raise StaleRevision(
            f"revision {revision} has been replaced by revision {len(promise.terms)}", revision=len(promise.terms)
        )
