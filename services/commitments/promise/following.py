"""The effects of one promise on others: on the whole that it is a part of, and on its own parts. Pure.

A part of ours that is late, or warned of, is a warning for the whole. A task of the customer that is done or taken
back lets the whole go on, once it is the last. The end of the whole ends what was asked for it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from services.commitments.cases.sentences import NOT_NEEDED, PART_LATE
from services.commitments.promise.core import Decision, Promise, Status, resume, warn, withdraw
from shared.contracts import Payload
from shared.contracts import commitments as told
from shared.contracts.intake import Language
from shared.contracts.terms import CommitmentKind

_LATE = (told.CommitmentAtRisk, told.CommitmentBroken)
_ENDED = (told.CommitmentFulfilled, told.CommitmentWithdrawn)


class Held(NamedTuple):
    """A task that holds up what it is asked for, as far as that depends on it. `at`: when it was done or taken back."""

    id: UUID
    is_undone: bool
    at: datetime | None


class Following(NamedTuple):
    """The promises that decisions affect: parents of a late part, parents of ended tasks, wholes that have ended."""

    late: set[UUID]
    ended: dict[UUID, set[UUID]]
    """The tasks by parent."""
    wholes: dict[UUID, tuple[Promise, Sequence[Payload]]]

    @property
    def parents(self) -> set[UUID]:
        return self.late | self.ended.keys()


def following(before: Sequence[Promise], decisions: Sequence[Decision]) -> Following:
    """The promises that these decisions affect; none where no promise has a parent and none has ended early."""
    follows = Following(set(), {}, {})
    for old, (new, events) in zip(before, decisions, strict=True):
        if new.parent_id is not None:
            if new.obligor == "us" and any(isinstance(event, _LATE) for event in events):
                follows.late.add(new.parent_id)
            elif new.obligor == "customer" and any(isinstance(event, _ENDED) for event in events):
                follows.ended.setdefault(new.parent_id, set()).add(new.id)
        if _ends_its_parts(old, new):
            follows.wholes[new.id] = new, events
    return follows


def released_at(tasks: Iterable[Held], ended: Collection[UUID]) -> datetime | None:
    """The instant since which nothing holds the whole up, the end of its last task; None where something does.

    Only tasks that held it up let it go on: None where none of those that `ended` did.
    """
    tasks = list(tasks)
    if not any(task.id in ended for task in tasks) or any(task.is_undone for task in tasks):
        return None
    return max((task.at for task in tasks if task.at is not None), default=None)


def of_parent(
    parent: Promise, *, is_late: bool, goes_on_at: datetime | None, language: Language, now: datetime
) -> Decision:
    """The effect of its parts on a promise: it goes on where nothing holds it up any more, or is warned of."""
    decision: Decision = parent, ()
    if goes_on_at is not None and parent.is_open:
        decision = resume(parent, goes_on_at, by="customer")
    if is_late:
        warned, events = warn(decision[0], now, reason=PART_LATE[language], early=True)
        decision = warned, (*decision[1], *events)
    return decision


def of_part(
    part: Promise, whole: Promise, events: Sequence[Payload], *, language: Language, now: datetime
) -> Decision | None:
    """The effect of the end of the whole on an open part: withdrawn or void, nothing of it is owed any more; done,
    nothing more is asked of the customer for it.

    A part that is late already is left to break: what was promised is not rewritten after its time.
    """
    if part.is_late(now) or (part.obligor == "us" and whole.fulfilled_at is not None):
        return None
    return withdraw(part, now, **_why(events, language))


def is_undone(promise: Promise) -> bool:
    """Tells whether a promise is open, or past due and still not done."""
    return promise.is_open or (promise.status is Status.BROKEN and promise.fulfilled_at is None)


def _ends_its_parts(old: Promise, new: Promise) -> bool:
    """Tells whether the end of a promise ends its parts too. Clocks of policy have parts only for customers' tasks."""
    if new.status in {Status.WITHDRAWN, Status.VOID}:
        return new.status is not old.status
    done = new.fulfilled_at is not None and old.fulfilled_at is None
    return done and new.obligor == "us" and (new.kind is CommitmentKind.PROMISE or old.waiting_since is not None)


def _why(events: Sequence[Payload], language: Language) -> Mapping[str, str]:
    """The reason and the author of the end of a whole, for the end of its parts."""
    for event in events:
        match event:
            case told.CommitmentWithdrawn(reason=reason, by=by):
                return {"reason": reason, "by": by}
            case told.CommitmentFulfilled(by=by):
                return {"reason": NOT_NEEDED[language], "by": by}
    return {"reason": NOT_NEEDED[language], "by": "kept"}
