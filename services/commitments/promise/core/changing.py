"""Changes of a promise: new terms before due, progress, and a clock that stands still for the customer."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from services.commitments.promise.core.model import Decision, Promise, Status, facts
from services.commitments.promise.core.rules import Command, check_due, expect, expect_current, expect_plan
from shared.contracts import commitments as told
from shared.contracts.terms import Progress, Terms


def revise(
    promise: Promise,
    *,
    due_at: datetime,
    reason: str,
    by: str,
    now: datetime,
    seen: int | None = None,
    without: Collection[str] = (),
    **changes: Any,
) -> Decision:
    """Revises a promise: new terms, told before the old ones are due. They bind when the customer agrees.

    `seen` is the revision the author looked at: where it has been replaced, their change is refused. `changes` are
    other fields of the terms; None leaves a field as it is, and `without` names those that there are no longer.
    """
    expect(promise, Command.REVISE, now)
    if seen is not None:
        expect_current(promise, seen)
    check_due(due_at, now)
    old = promise.binds
    new = old.model_copy(
        update={
            "due_on": None,
            # What they chose from is spent. Another choice is another offer.
            **({"options": ()} if old.chosen else {}),
            **dict.fromkeys(without),
            **{name: value for name, value in changes.items() if value is not None},
            "revision": len(promise.terms) + 1,
            "due_at": due_at,
            "reason": reason,
            "waited_seconds": 0,
        }
    )
    revised = promise._replace(terms=(*promise.terms, new))
    if promise.status is Status.DECLINED:
        revised = revised._replace(
            status=Status.STATED,
            binding=new.revision,
            first=new.revision,
            stated_at=now,
            promised_at=now,
            warned_at=None,
            closed_at=None,
        )
    elif promise.status is Status.DRAFT:
        revised = revised._replace(binding=new.revision, first=new.revision)
    else:
        # The customer hears of trouble with the revision itself: what comes after is no silent break.
        revised = revised._replace(warned_at=promise.warned_at or now)
    if promise.status is Status.DRAFT:
        return revised, (told.CommitmentDrafted(**facts(revised), by=by),)
    return revised, (told.CommitmentRevised(**facts(revised), previous_due_at=old.due_at, by=by),)


def tell_progress(promise: Promise, progress: Progress, now: datetime, *, by: str) -> Decision:
    """Tells the progress: what we do now, what stands in the way, what comes next, and when we speak again."""
    expect(promise, Command.PROGRESS, now)
    if progress.steps_done:
        expect_plan(promise)
    told_of = promise._replace(progress=progress)
    return told_of, (told.CommitmentProgressed(**facts(told_of, promise.binds), progress=progress, by=by),)


def wait(promise: Promise, now: datetime, *, reason: str, by: str) -> Decision:
    """Starts waiting for the customer: our clock stands still from here on. Waiting twice is waiting once."""
    expect(promise, Command.WAIT, now)
    if promise.waiting_since is not None:
        return promise, ()
    waiting = promise._replace(waiting_since=now)
    return waiting, (told.CommitmentWaiting(**facts(waiting, promise.binds), since=now, reason=reason, by=by),)


def resume(promise: Promise, now: datetime, *, by: str) -> Decision:
    """Ends the wait: due is later by the time that we waited, in whole seconds rounded up, and the customer hears so.

    It binds without their yes: the time was theirs. Terms that await an answer keep waiting for it, moved as well.
    """
    expect(promise, Command.RESUME, now)
    if promise.waiting_since is None:
        return promise, ()
    pause = max(now - promise.waiting_since, timedelta())
    seconds = max(1, -(-pause // timedelta(seconds=1)))
    proposed = promise.latest if promise.latest is not promise.binds and promise.awaits_answer else None
    moved = _later(promise.binds, len(promise.terms) + 1, seconds)
    terms = (*promise.terms, moved)
    if proposed is not None:
        terms = (*terms, _later(proposed, len(terms) + 1, seconds))
    resumed = promise._replace(
        terms=terms,
        binding=moved.revision,
        answered=moved.revision if promise.status is Status.AGREED else promise.answered,
        stated_at=promise.stated_at + pause if promise.stated_at else None,
        promised_at=promise.promised_at + pause if promise.promised_at else None,
        waiting_since=None,
    )
    said = told.CommitmentResumed(
        **facts(resumed, moved), previous_due_at=promise.binds.due_at, waited_seconds=moved.waited_seconds, by=by
    )
    return resumed, (said,)


def _later(terms: Terms, revision: int, seconds: int) -> Terms:
    pause = timedelta(seconds=seconds)
    return terms.model_copy(
        update={
            "revision": revision,
            "due_at": terms.due_at + pause,
            "due_on": None,
            "options": tuple(o.model_copy(update={"due_at": o.due_at + pause}) for o in terms.options),
            "reason": "waited_for_you",
            "waited_seconds": seconds,
        }
    )
