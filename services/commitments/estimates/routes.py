"""Estimates over HTTP, for whoever asks before they promise."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import Query, Request
from pydantic import BaseModel

from services.commitments import customers
from services.commitments.access import MayRead
from services.commitments.customers import Customer
from services.commitments.estimates import store
from services.commitments.estimates.answer import LEVEL, Method, estimate
from services.commitments.promise.core import FARTHEST
from services.commitments.promise.core.days import Due, communicable
from shared.instants import Zone
from shared.routing import Reading, router

api = router("/commitments", tags=["commitments"])


class EstimateView(BaseModel):
    """How long a promise of a category takes: at `level` of 1, no longer than `duration_seconds`.

    `due_at` is that from now on, rounded up to a time that can be said in `zone`; `due_on` where it is a day. Where the
    history cannot support the level these are null, `why` says so, `best_level` is the highest that it supports, and a
    promise nearer than `lower_bound_seconds` is too early. `n` promises were under way in the last `window_days`,
    `events` of them were done in it. `fitted_at` is null where there is no history at all.
    """

    level: float
    category: str | None
    duration_seconds: float | None
    due_at: datetime | None
    due_on: date | None
    zone: str
    lower_bound_seconds: float | None
    best_level: float
    n: int
    events: int
    window_days: int
    method: Method
    fitted_at: datetime | None
    why: str | None


@api.get("/estimates")
async def estimates(
    request: Request,
    session: Reading,
    who: MayRead,
    category: Annotated[str | None, Query(min_length=1, max_length=200)] = None,
    level: Annotated[float, Query(ge=0.5, le=0.99)] = LEVEL,
    zone: Zone | None = None,
    customer_id: UUID | None = None,
) -> EstimateView:
    """The estimate for a category (for promises without one, where none is named), open promises included.

    The time it gives is rounded up as it is said in `zone`, else in the customer's, else in ours.
    """
    now = session.now
    stranger: Customer = request.app.state.service.stranger
    to = await customers.find(session, customer_id, default=stranger) if customer_id else stranger
    there = zone or to.zone
    fitted = await store.fitted(session, category)
    found = estimate(fitted, level)
    due = _due(found.duration, now, there)
    return EstimateView(
        level=level,
        category=category,
        duration_seconds=found.duration,
        due_at=due.at if due else None,
        due_on=due.on if due else None,
        zone=there,
        lower_bound_seconds=found.lower_bound,
        best_level=found.best_level,
        n=found.n,
        events=found.events,
        window_days=found.window_days,
        method=found.method,
        fitted_at=fitted.fitted_at,
        why=found.why,
    )


def _due(duration: float | None, now: datetime, zone: str) -> Due | None:
    if duration is None or duration > FARTHEST.total_seconds():
        return None
    return communicable(now + timedelta(seconds=duration), now, zone)
