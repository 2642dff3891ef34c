"""Incidents and whom they hit, to and from the tables."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from services.commitments.incidents.model import Cause, State, strike
from services.commitments.incidents.schemas import NewIncident
from services.commitments.incidents.tables import IncidentLimitRow
from services.commitments.promise.store import Promises
from shared import bulk
from shared.configuration import rows
from shared.configuration.model import in_force
from shared.database import ReadSession, WriteSession
from shared.timers import Timer

NEWS = "incident_news"
"""The timer that tells the customers whom an incident hits."""

_ADD = text("""
    INSERT INTO incident (id, class, words, known_at, new_due_at, limit_minutes, filed_at, filed_by)
    VALUES (:id, :class, :words, :known_at, :new_due_at, :limit, :now, :by)
""")
_HIT_THESE = text("""
    INSERT INTO incident_promise (incident_id, commitment_id, customer_id, owner, state)
    SELECT :incident, id, customer_id, owner, 'pending' FROM commitment WHERE id = ANY(CAST(:ids AS uuid[]))
    RETURNING commitment_id
""")
_HIT_FITTING = text("""
    INSERT INTO incident_promise (incident_id, commitment_id, customer_id, owner, state)
    SELECT :incident, c.id, c.customer_id, c.owner, 'pending' FROM commitment c
    WHERE c.status IN ('stated', 'agreed') AND c.obligor = 'us'
      AND (CAST(:category AS text) IS NULL OR c.category = :category)
      AND (CAST(:owner AS text) IS NULL OR c.owner = :owner)
      AND (CAST(:feature AS uuid) IS NULL OR c.id IN (
            SELECT commitment_id FROM feature_subscriber WHERE feature_id = :feature))
      AND (CAST(:before AS timestamptz) IS NULL OR c.due_at < :before)
    RETURNING commitment_id
""")
_FIND = text("SELECT * FROM incident WHERE id = :id")
_PENDING = text("""
    SELECT commitment_id FROM incident_promise WHERE incident_id = :id AND state = 'pending'
    ORDER BY commitment_id LIMIT :limit FOR UPDATE SKIP LOCKED
""")
_STRUCK = text(f"""
    UPDATE incident_promise p SET state = u.state, why = u.why, told_at = u.told_at
    FROM {bulk.unnest({"commitment_id": "uuid", "state": "text", "why": "text", "told_at": "timestamptz"})}
    WHERE p.incident_id = :incident AND p.commitment_id = u.commitment_id
""")
_DIGESTS = text("""
    SELECT owner, count(*) AS promises, count(*) FILTER (WHERE state = 'warned') AS warned,
        count(*) FILTER (WHERE state = 'revised') AS revised, count(*) FILTER (WHERE state = 'pending') AS pending
    FROM incident_promise WHERE incident_id = :id AND (CAST(:owner AS text) IS NULL OR owner = :owner)
    GROUP BY owner ORDER BY owner NULLS LAST
""")
_LEFT = text("""
    SELECT owner, commitment_id, customer_id, why FROM incident_promise
    WHERE incident_id = :id AND state = 'skipped' AND (CAST(:owner AS text) IS NULL OR owner = :owner)
    ORDER BY commitment_id LIMIT 1000
""")
_OF_OWNER = text("""
    SELECT * FROM incident WHERE filed_at >= :since AND (CAST(:owner AS text) IS NULL OR EXISTS (
        SELECT 1 FROM incident_promise p WHERE p.owner = :owner AND p.incident_id = incident.id))
    ORDER BY filed_at DESC, id LIMIT 50
""")
_SUMMARY = text("""
    SELECT class, incidents, n, not_told, median_seconds, p90_seconds,
        CAST(in_time AS float) / nullif(n + not_told, 0) AS within_limit
    FROM (
        SELECT i.class, count(DISTINCT i.id) AS incidents, count(p.told_at) AS n,
            count(p.commitment_id) - count(p.told_at) AS not_told,
            count(*) FILTER (WHERE p.told_at <= i.known_at + make_interval(mins => i.limit_minutes)) AS in_time,
            percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM p.told_at - i.known_at)) AS median_seconds,
            percentile_cont(0.9) WITHIN GROUP (ORDER BY extract(epoch FROM p.told_at - i.known_at)) AS p90_seconds
        FROM incident i LEFT JOIN incident_promise p ON p.incident_id = i.id
        WHERE i.known_at >= :since AND i.known_at < :until GROUP BY i.class
    ) by_class ORDER BY class
""")


async def file(session: WriteSession, id: UUID, new: NewIncident, *, by: str) -> set[UUID]:  # noqa: A002
    """Stores an incident with the promises it hits; the timer tells their customers, a part at a time. Returns them."""
    limit = await _limit(session, new.class_, new.known_at)
    said = {"id": id, "class": new.class_, "words": new.words, "known_at": new.known_at, "new_due_at": new.new_due_at}
    await session.execute(_ADD, said | {"limit": limit, "now": session.now, "by": by})
    if new.filter is None:
        hit = await session.execute(_HIT_THESE, {"incident": id, "ids": list(new.commitment_ids or ())})
    else:
        fits = new.filter.model_dump() | {"before": new.new_due_at}
        hit = await session.execute(_HIT_FITTING, {"incident": id, **fits})
    session.schedule(Timer(NEWS, str(id), session.now))
    return set(hit.scalars())


async def _limit(session: ReadSession, class_: str, at: datetime) -> int:
    """The limit in force when we knew, in minutes: that of the class, or the general one."""
    limits = in_force(await rows.history(session, IncidentLimitRow), at, key=lambda limit: limit.class_)
    return (limits.get(class_) or limits[None]).within_minutes


async def find(session: ReadSession, id: UUID) -> Row[Any] | None:  # noqa: A002
    return (await session.execute(_FIND, {"id": id})).first()


async def filed(session: ReadSession, since: datetime, owner: str | None) -> Sequence[Row[Any]]:
    """The incidents, the newest first; of an owner, those that hit promises of theirs."""
    return (await session.execute(_OF_OWNER, {"since": since, "owner": owner})).all()


async def digests(session: ReadSession, id: UUID, owner: str | None) -> list[dict[str, Any]]:  # noqa: A002
    """The digests, one for each owner (or this one), with the promises whose customers could not be told."""
    values = {"id": id, "owner": owner}
    left = (await session.execute(_LEFT, values)).mappings().all()
    rows = (await session.execute(_DIGESTS, values)).mappings()
    return [{**row, "to_call": [one for one in left if one["owner"] == row["owner"]]} for row in rows]


async def summary(session: ReadSession, since: datetime, until: datetime) -> list[dict[str, Any]]:
    return [dict(row) for row in (await session.execute(_SUMMARY, {"since": since, "until": until})).mappings()]


async def tell(promises: Promises, session: WriteSession, id: UUID, most: int) -> int:  # noqa: A002
    """Tells the next customers whom the incident hits, each once. A worker beside this one takes others."""
    incident = await find(session, id)
    if incident is None:
        return 0
    cause = Cause(incident.words, incident.new_due_at, incident.filed_by)
    ids = list((await session.execute(_PENDING, {"id": id, "limit": most})).scalars())
    locked = list((await promises.lock(session, ids)).values())
    struck = [strike(promise, cause, session.now) for promise in locked]
    await promises.save(session, locked, [decision for decision, _, _ in struck])
    await session.execute(
        _STRUCK,
        {
            "incident": id,
            "commitment_id": [promise.id for promise in locked],
            "state": [state.value for _, state, _ in struck],
            "why": [why.value if why else None for _, _, why in struck],
            "told_at": [None if state is State.SKIPPED else session.now for _, state, _ in struck],
        },
    )
    return len(ids)
