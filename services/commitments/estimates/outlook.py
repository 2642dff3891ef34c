"""Which promises are likely to break, by their age and what history says of ones that have come this far (N10).

Those without a category are of every sort: what came of others says nothing of the one at hand.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from services.commitments.estimates import store
from services.commitments.estimates.answer import LIKELY, Fitted
from services.commitments.promise import Promise
from shared.contracts.commitments import CommitmentKind
from shared.database import ReadSession


async def likely_to_break(session: ReadSession, promises: Iterable[Promise], now: datetime) -> frozenset[UUID]:
    """Of these, the ones that nobody has warned of and that will rather break than not. One look, or none."""
    asked = [promise for promise in promises if promise.category is not None and is_unwarned(promise, now)]
    if not asked:
        return frozenset()
    curves = await store.fitted_of(session, {promise.category for promise in asked})
    return frozenset(p.id for p in asked if (chance_to_break(curves[p.category], p, now) or 0.0) >= LIKELY)


def is_unwarned(promise: Promise, now: datetime) -> bool:
    """Whether it is a promise of ours under way, in time and without a word of trouble."""
    ours = promise.kind is CommitmentKind.PROMISE and promise.obligor == "us"
    runs = promise.is_open and promise.waiting_since is None and not promise.is_late(now)
    return ours and runs and promise.warned_at is None and promise.promised_at is not None


def chance_to_break(fitted: Fitted, promise: Promise, now: datetime) -> float | None:
    """P(T > due | T > elapsed), in active time since it was told. None where history does not say."""
    told = promise.promised_at
    if told is None:
        return None
    return fitted.chance((promise.binds.due_at - told).total_seconds(), max((now - told).total_seconds(), 0.0))
