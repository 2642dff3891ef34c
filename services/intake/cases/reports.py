"""Reports on cases for whoever is responsible: what is unassigned, and how soon the telephone is answered."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel
from sqlalchemy import text

from shared.instants import Instant
from shared.routing import Reading, router
from shared.security import Principal, require

routes: APIRouter = router("/intake/reports", tags=["reports"])

Reader = Annotated[Principal, Depends(require("intake:read"))]

# Everything a person sends has a case, and a case has an owner: this finds what came past that rule, if anything does,
# and what a machine most likely wrote, but perhaps a person.
_UNROUTED = text("""
    SELECT i.id, i.customer_id, i.channel, i.kind, i.received_at,
           CASE WHEN i.automatic THEN 'unknown_author' ELSE 'no_owner' END AS reason
    FROM interaction i LEFT JOIN customer_case k ON k.id = i.case_id
    WHERE i.direction = 'in' AND (NOT i.automatic OR i.may_be_person)
      AND i.received_at <= :before AND i.received_at > :after AND (k.id IS NULL OR k.owner = '')
    ORDER BY i.received_at, i.id LIMIT 200
""")
_RINGS = text("""
    SELECT channel, count(*) AS calls, count(*) FILTER (WHERE kind = 'call') AS answered,
           count(*) FILTER (WHERE kind = 'call' AND ring_count IS NOT NULL) AS counted,
           count(*) FILTER (WHERE kind = 'call' AND ring_count <= :rings) AS in_time
    FROM interaction
    WHERE channel_kind = 'phone' AND direction = 'in' AND kind IN ('call', 'missed_call')
      AND received_at > :since
    GROUP BY channel ORDER BY channel
""")


class Unrouted(BaseModel):
    """`unknown_author`: nobody can say whether a person wrote it; it is kept as automatic, and no clock runs."""

    id: UUID
    customer_id: UUID
    channel: str
    kind: str
    received_at: datetime
    reason: Literal["no_owner", "unknown_author"]


class Rings(BaseModel):
    """Of `calls` that came in, `answered` were; of those `counted` say how often it rang, and `in_time` were in time.

    `share` is in_time of counted and missed; None where nothing says.
    """

    channel: str
    calls: int
    answered: int
    counted: int
    in_time: int
    share: float | None


@routes.get("/unrouted")
async def unrouted(
    session: Reading,
    _: Reader,
    minutes: Annotated[int, Query(ge=0, le=10_080, description="Older than so many minutes.")] = 5,
    days: Annotated[int, Query(ge=1, le=90, description="And no older than so many days.")] = 7,
) -> list[Unrouted]:
    """What a customer sent and nobody answers for, or may have sent. Empty, unless somebody should look."""
    now = session.now
    values = {"before": now - timedelta(minutes=minutes), "after": now - timedelta(days=days)}
    return [Unrouted(**row) for row in (await session.execute(_UNROUTED, values)).mappings()]


@routes.get("/rings")
async def rings(
    session: Reading,
    _: Reader,
    rings: Annotated[int, Query(ge=0, le=100, description="Answered in time: after at most so many rings.")] = 3,
    since: Annotated[Instant | None, Query(description="Else the last 30 days.")] = None,
) -> list[Rings]:
    """How many calls are answered within so many rings, by channel. A call that was missed was not."""
    now = session.now
    found = await session.execute(_RINGS, {"rings": rings, "since": since or now - timedelta(days=30)})
    return [Rings(**row, share=_share(**row)) for row in found.mappings()]


def _share(*, calls: int, answered: int, counted: int, in_time: int, **_: object) -> float | None:
    known = counted + calls - answered
    return in_time / known if known else None
