"""Our own estimate beside what is being promised: the due time where none was named, and how early a named one is (C2).

Only a promise has one: of goals, and of what policy opens, nobody keeps such a history. What has no category is held
against nothing: those are promises of every sort, and the slow ones among them would make each quick one look early.
Asked for a time, their history still gives one.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from services.commitments.errors import NoDueTime
from services.commitments.estimates import store
from services.commitments.estimates.answer import Estimate, Fitted, estimate
from services.commitments.promise.core import FARTHEST, Promise
from services.commitments.promising.schemas import NewPromise, Revise
from shared.contracts.terms import CommitmentKind, Estimated
from shared.database import ReadSession

MISSING = "a promise needs a due time: either due_at (an instant) or due_on (a day)"


async def own_estimate(session: ReadSession, new: NewPromise, now: datetime) -> Estimated | None:
    """The estimate for a new promise whose author names none.

    Raises NoDueTime where the promise has no other due time and history gives none.
    """
    if new.estimate_due_at is not None or (new.has_due and new.category is None):
        return None
    is_promise = new.kind == CommitmentKind.PROMISE.value
    found = estimate(await store.fitted(session, new.category)) if is_promise else None
    own = in_terms(found, now) if found else None
    if own is None and not new.has_due:
        raise _no_due_time(found)
    return own


def _no_due_time(found: Estimate | None) -> NoDueTime:
    why = found.why if found else "history is kept of promises alone"
    errors = [{"at": "body", "says": f"{MISSING}; {why}"}]
    seen = ("level", "n", "events", "window_days", "best_level", "lower_bound")
    held = {name: getattr(found, name) for name in seen} if found else None
    return NoDueTime("the request does not hold", errors=errors, estimate=held)


def in_terms(found: Estimate, since: datetime) -> Estimated | None:
    """The estimate as terms record it; `since` is when the promise is, or was, told."""
    if found.duration is None or found.duration > FARTHEST.total_seconds():
        return None
    due_at = since + timedelta(seconds=found.duration)
    return Estimated(due_at=due_at, level=found.level, n=found.n, window_days=found.window_days)


async def fitted_for(session: ReadSession, promise: Promise, change: Revise) -> Fitted | None:
    """The curves that a change is held against; None where its author names an estimate, or none is kept."""
    if change.estimate_due_at is not None or promise.kind is not CommitmentKind.PROMISE or promise.category is None:
        return None
    return await store.fitted(session, promise.category)


def again(fitted: Fitted, promise: Promise, now: datetime) -> Estimated | None:
    """The estimate for a promise under way, from those that have come as far.

    None where it says nothing of so old a one. A draft has not begun, nor has what was declined.
    """
    if promise.promised_at is None or not promise.is_open:
        return in_terms(estimate(fitted), now)
    since = promise.promised_at
    if promise.waiting_since is not None:
        since += max(now - promise.waiting_since, timedelta())
    return in_terms(estimate(fitted, age=max((now - since).total_seconds(), 0.0)), since)
