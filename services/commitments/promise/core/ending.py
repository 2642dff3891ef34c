"""The end of a promise: warned of, due, fulfilled, withdrawn, void."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from services.commitments.promise.core.changing import resume
from services.commitments.promise.core.model import Decision, Promise, Status, facts
from services.commitments.promise.core.rules import Command, expect, expect_plan
from shared.contracts import Payload
from shared.contracts import commitments as told
from shared.contracts.commitments import Outcome

NOT_FINISHED = "not_finished_yet"


def warn(promise: Promise, now: datetime, *, reason: str = NOT_FINISHED, early: bool = False) -> Decision:
    """Warns of a promise: owner and customer hear of trouble before it is late, and only once.

    By the clock at 75% of its time; `early` where somebody knows before: a part of it is late, or its owner says so.
    """
    at = promise.warns_at
    if not promise.is_open or promise.waiting_since is not None or promise.warned_at is not None or at is None:
        return promise, ()
    if now >= promise.binds.due_at or (now < at and not early):
        return promise, ()
    warned = promise._replace(warned_at=now)
    said = told.CommitmentAtRisk(**facts(promise, promise.binds), reason=reason, next_contact_at=promise.binds.due_at)
    return warned, (said,)


def fall_due(promise: Promise, now: datetime) -> Decision:
    """Breaks a promise whose due time has passed unkept, and says whether the customer had been warned."""
    if not promise.is_open or not promise.is_late(now):
        return promise, ()
    outcome = Outcome.BROKEN_WARNED if promise.warned_at else Outcome.BROKEN_SILENT
    broken = promise._replace(status=Status.BROKEN, outcome=outcome, closed_at=now)
    return broken, (told.CommitmentBroken(**facts(promise, promise.binds), outcome=outcome, broken_at=now),)


def fulfil(promise: Promise, now: datetime, *, by: str, evidence: UUID | None = None) -> Decision:
    """Fulfils a promise. In time it is kept; after the break it is done late, and stays broken."""
    if promise.status is Status.BROKEN and promise.fulfilled_at is None:
        late = promise._replace(fulfilled_at=now)
        return late, (_fulfilled(late, now, by, evidence),)
    expect(promise, Command.FULFIL, now)
    if promise.waiting_since is not None:
        resumed, facts_ = resume(promise, now, by=by)
        done, more = fulfil(resumed, now, by=by, evidence=evidence)
        return done, (*facts_, *more)
    if promise.is_late(now):
        broken, facts_ = fall_due(promise, now)
        done, more = fulfil(broken, now, by=by, evidence=evidence)
        return done, (*facts_, *more)
    changed = any(not t.waited_seconds for t in promise.terms[promise.first : promise.binding])
    outcome = Outcome.KEPT_CHANGED if changed else Outcome.KEPT
    expect_plan(promise)
    kept = promise._replace(status=Status.FULFILLED, outcome=outcome, closed_at=now, fulfilled_at=now)
    return kept, (_fulfilled(kept, now, by, evidence),)


def withdraw(promise: Promise, now: datetime, *, reason: str, by: str) -> Decision:
    """Withdraws a promise that the customer no longer wants."""
    expect(promise, Command.WITHDRAW, now)
    return _gone(promise, now, Status.WITHDRAWN, Outcome.WITHDRAWN, reason, by)


def void(promise: Promise, now: datetime, *, reason: str, by: str) -> Decision:
    """Makes a promise void that was a mistake: told to the wrong customer, told twice. An agreed one cannot be."""
    expect(promise, Command.VOID, now)
    return _gone(promise, now, Status.VOID, Outcome.VOID, reason, by)


def _gone(promise: Promise, now: datetime, status: Status, outcome: Outcome, reason: str, by: str) -> Decision:
    gone = promise._replace(status=status, outcome=outcome, closed_at=now, waiting_since=None)
    return gone, (told.CommitmentWithdrawn(**facts(gone), outcome=outcome, reason=reason, by=by),)


def _fulfilled(promise: Promise, now: datetime, by: str, evidence: UUID | None) -> Payload:
    assert promise.outcome is not None
    return told.CommitmentFulfilled(
        **facts(promise, promise.binds), outcome=promise.outcome, fulfilled_at=now, by=by, evidence=evidence
    )
