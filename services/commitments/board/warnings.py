"""The warnings of an owner: one list of what needs a look now, instead of one message for each promise.

The customer is warned once, by the clock at three quarters of the time or earlier by somebody who knows. A second
warning, shortly before due, is for the owner alone, and needs no clock of its own: it is this list and the board. So is
the first of all, where history says that a promise of this age will rather break than not.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Literal

from fastapi import Query
from pydantic import BaseModel
from sqlalchemy import text

from services.commitments.access import MayRead
from services.commitments.estimates.answer import UNKNOWN
from services.commitments.estimates.outlook import outlooks
from services.commitments.promise.core import Promise
from services.commitments.promise.core.days import Due
from services.commitments.promise.store import COLUMNS, as_promise
from services.commitments.promising.views import PromiseView
from shared.routing import Reading, router

api = router("/commitments", tags=["commitments"])

LAST_CALL = 0.9
"""The part of the promised time after which nothing but doing it helps."""

AHEAD = timedelta(days=7)
MOST = 200

LOOK = 500
"""Promises of an owner, those due first, among which ones likely to break are looked for."""

Why = Literal["task_late", "last_call", "at_risk", "likely_to_break"]

# By the index of an owner's open promises, in the order in which they are due.
_OPEN = text(f"""
    SELECT {COLUMNS} FROM commitment
    WHERE status IN ('stated', 'agreed') AND owner = :owner AND due_at <= :until AND obligor = 'us'
      AND waiting_since IS NULL
      AND (warned_at IS NOT NULL OR stated_at + (due_at - stated_at) * {LAST_CALL} <= :now)
    ORDER BY due_at, id LIMIT :limit
""")
_UNWARNED = text(f"""
    SELECT {COLUMNS} FROM commitment
    WHERE status IN ('stated', 'agreed') AND owner = :owner AND due_at > :now AND obligor = 'us' AND kind = 'promise'
      AND waiting_since IS NULL AND warned_at IS NULL AND stated_at + (due_at - stated_at) * {LAST_CALL} > :now
    ORDER BY due_at, id LIMIT :look
""")
_LATE_TASKS = text(f"""
    SELECT {COLUMNS} FROM commitment
    WHERE kind = 'task' AND status = 'broken' AND fulfilled_at IS NULL AND owner = :owner
    ORDER BY due_at, id LIMIT :limit
""")


class Warned(BaseModel):
    """A promise and why it is listed. `task_late`: the customer's part is late. `last_call`: a tenth of time is left.

    `at_risk`: three quarters have passed, or somebody said so. `likely_to_break`: of promises that came this far, at
    least half were not done by then. `suggested_due_at` is when nine in ten of them were done, as it can be said: a
    time to offer. Null where history does not say, or names no later time than was promised.
    """

    why: Why
    promise: PromiseView
    suggested_due_at: datetime | None


@api.get("/warnings")
async def warnings(
    session: Reading,
    who: MayRead,
    owner: Annotated[str | None, Query(max_length=200)] = None,
) -> list[Warned]:
    """The warnings of an owner (or you): late tasks of customers, then promises due within a week and in trouble.

    Last what nobody has warned of yet and is likely to break, among the promises that are due first (N10).
    """
    now = session.now
    values = {"owner": owner or who.subject, "limit": MOST}
    late = [as_promise(row) for row in await session.execute(_LATE_TASKS, values)]
    ours = [as_promise(row) for row in await session.execute(_OPEN, values | {"now": now, "until": now + AHEAD})]
    unwarned = [as_promise(row) for row in await session.execute(_UNWARNED, values | {"now": now, "look": LOOK})]
    seen = await outlooks(session, (*ours, *unwarned), now)
    found: list[tuple[Why, Promise]] = [("task_late", p) for p in late]
    found += [("last_call" if is_last_call(p, now) else "at_risk", p) for p in ours]
    found += [("likely_to_break", p) for p in unwarned if seen.get(p.id, UNKNOWN).breaks][:MOST]
    return [_warned(why, promise, seen.get(promise.id, UNKNOWN).done_by) for why, promise in found]


def _warned(why: Why, promise: Promise, by: Due | None) -> Warned:
    later = by.at if by and by.at > promise.binds.due_at else None
    return Warned(why=why, promise=PromiseView.of(promise), suggested_due_at=later)


def is_last_call(promise: Promise, now: datetime) -> bool:
    """Tells whether so little time is left that only doing it, or telling the customer, still helps."""
    start, due = promise.stated_at, promise.binds.due_at
    return start is not None and now >= start + (due - start) * LAST_CALL
