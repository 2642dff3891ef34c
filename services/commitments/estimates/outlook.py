"""The outlook of promises under way, by their age and the history of those that have come as far (N10).

Those without a category are of every sort: what came of others says nothing of the one at hand.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

from services.commitments.estimates import store
from services.commitments.estimates.answer import LIKELY, Fitted, Outlook
from services.commitments.estimates.promising import again
from services.commitments.promise.core import Promise
from services.commitments.promise.core.days import communicable
from shared.contracts.terms import CommitmentKind
from shared.database import ReadSession


async def outlooks(session: ReadSession, promises: Iterable[Promise], now: datetime) -> Mapping[UUID, Outlook]:
    """The outlooks of those promises that are under way and have a history. One query, or none."""
    asked = [promise for promise in promises if promise.category is not None and is_under_way(promise, now)]
    if not asked:
        return {}
    curves = await store.fitted_of(session, {promise.category for promise in asked})
    return {promise.id: outlook(curves[promise.category], promise, now) for promise in asked}


def outlook(fitted: Fitted, promise: Promise, now: datetime) -> Outlook:
    likely = (chance_to_break(fitted, promise, now) or 0.0) >= LIKELY
    estimate = again(fitted, promise, now)
    by = communicable(estimate.due_at, now, promise.binds.zone) if estimate else None
    return Outlook(likely and promise.warned_at is None, by)


def is_under_way(promise: Promise, now: datetime) -> bool:
    """Tells whether a promise is ours, was told, has a running clock, and is not past due."""
    ours = promise.kind is CommitmentKind.PROMISE and promise.obligor == "us"
    runs = promise.is_open and promise.waiting_since is None and not promise.is_late(now)
    return ours and runs and promise.promised_at is not None


def chance_to_break(fitted: Fitted, promise: Promise, now: datetime) -> float | None:
    """P(T > due | T > elapsed), in active time since it was told. None where history does not say."""
    told = promise.promised_at
    if told is None:
        return None
    return fitted.chance((promise.binds.due_at - told).total_seconds(), max((now - told).total_seconds(), 0.0))
