"""Features, their news and their subscribers, to and from the tables."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import Row, text

from services.commitments.features.model import Estimate, News, Said, hear, outstanding
from services.commitments.promise.store import Promises
from shared import bulk
from shared.database import ReadSession, WriteSession
from shared.timers import Timer

NEWS = "feature_news"
"""The timer that tells the subscribers of a feature."""

_NEWS: TypeAdapter[Any] = TypeAdapter(News)

_ADD = text("""
    INSERT INTO feature (id, title, words, cost, zone, due_at, due_on, window_days, owner, category, news, made_at)
    VALUES (:id, :title, :words, :cost, :zone, :due_at, :due_on, :window_days, :owner, :category, 0, :now)
""")
_FIND = text("SELECT * FROM feature WHERE id = :id")
_LOCK = text("SELECT * FROM feature WHERE id = :id FOR UPDATE")
_MOVE = text("UPDATE feature SET due_at = :due_at, due_on = :due_on, window_days = :window_days WHERE id = :id")
_DONE = text("UPDATE feature SET done_at = :now WHERE id = :id")
_SAY = text("""
    WITH next AS (UPDATE feature SET news = news + 1 WHERE id = :id RETURNING news)
    INSERT INTO feature_news (feature_id, number, kind, data, at, by)
    SELECT :id, news, :kind, CAST(:data AS jsonb), :now, :by FROM next
""")
_SAID = text("SELECT number, data::text AS data, at, by FROM feature_news WHERE feature_id = :id ORDER BY number")
_SUBSCRIBE = text(f"""
    INSERT INTO feature_subscriber (commitment_id, feature_id, customer_id, told)
    SELECT u.commitment_id, :id, u.customer_id, :told
    FROM {bulk.unnest({"commitment_id": "uuid", "customer_id": "uuid"})}
    ON CONFLICT (feature_id, customer_id) DO NOTHING RETURNING commitment_id
""")
_TO_TELL = text("""
    SELECT commitment_id, told FROM feature_subscriber WHERE feature_id = :id AND told < :last
    ORDER BY told, commitment_id LIMIT :limit FOR UPDATE SKIP LOCKED
""")
_TOLD = text("UPDATE feature_subscriber SET told = :last WHERE commitment_id = ANY(CAST(:ids AS uuid[]))")
# What has arrived cannot be late any more, whenever its news reaches the last of ten thousand.
_STOP_CLOCKS = text("""
    DELETE FROM timer USING feature_subscriber s
    WHERE s.feature_id = :id AND timer.subject = CAST(s.commitment_id AS text)
      AND timer.kind IN ('commitment_due', 'commitment_warning')
""")
_COUNTS = text("""
    SELECT count(*) AS subscribers,
        count(*) FILTER (WHERE s.told >= f.news) AS told,
        count(*) FILTER (WHERE s.told < f.news) AS to_tell,
        count(*) FILTER (WHERE open AND answered >= revisions AND binding = revisions) AS agreed,
        count(*) FILTER (WHERE open AND answered >= revisions AND binding < revisions) AS declined,
        count(*) FILTER (WHERE open AND answered < revisions) AS unanswered,
        count(*) FILTER (WHERE status = 'fulfilled') AS done,
        count(*) FILTER (WHERE status = 'broken') AS broken,
        count(*) FILTER (WHERE status IN ('withdrawn', 'void', 'declined')) AS ended
    FROM feature f JOIN feature_subscriber s ON s.feature_id = f.id
    JOIN (SELECT id, status, status IN ('stated', 'agreed') AS open, answered, binding,
                 jsonb_array_length(terms) AS revisions FROM commitment) c ON c.id = s.commitment_id
    WHERE f.id = :id
""")


async def add(session: WriteSession, values: dict[str, Any]) -> None:
    await session.execute(_ADD, values | {"now": session.now})


async def find(session: ReadSession, id: UUID) -> Row[Any] | None:  # noqa: A002
    return (await session.execute(_FIND, {"id": id})).first()


async def lock(session: WriteSession, id: UUID) -> Row[Any] | None:  # noqa: A002
    return (await session.execute(_LOCK, {"id": id})).first()


def estimate_of(row: Row[Any]) -> Estimate:
    return Estimate(at=row.due_at, on=row.due_on, zone=row.zone, window_days=row.window_days)


async def move(session: WriteSession, id: UUID, to: Estimate) -> None:  # noqa: A002
    values = {"id": id, "due_at": to.at, "due_on": to.on, "window_days": to.window_days}
    await session.execute(_MOVE, values)


async def finish(session: WriteSession, id: UUID) -> None:  # noqa: A002
    await session.execute(_DONE, {"id": id, "now": session.now})
    await session.execute(_STOP_CLOCKS, {"id": id})


async def say(session: WriteSession, id: UUID, news: Any, *, by: str) -> None:  # noqa: A002
    """Stores news, which the timer tells to the subscribers, a part at a time."""
    values = {"id": id, "kind": news.kind, "data": news.model_dump_json(), "now": session.now, "by": by}
    await session.execute(_SAY, values)
    session.schedule(Timer(NEWS, str(id), session.now))


async def subscribe(session: WriteSession, feature: UUID, promises: dict[UUID, UUID], told: int) -> Collection[UUID]:
    """Subscribes customers with their `promises`. Returns the new ones; a customer who waits already gets no second."""
    columns = {"commitment_id": list(promises.values()), "customer_id": list(promises)}
    return set((await session.execute(_SUBSCRIBE, {"id": feature, "told": told, **columns})).scalars())


async def counts(session: ReadSession, id: UUID) -> dict[str, int]:  # noqa: A002
    return dict((await session.execute(_COUNTS, {"id": id})).mappings().one())


async def tell(promises: Promises, session: WriteSession, id: UUID, most: int) -> int:  # noqa: A002
    """Tells the newest to subscribers who have not heard it, each once. A worker beside this one takes others."""
    said = [
        Said(row.number, _NEWS.validate_json(row.data), row.at, row.by)
        for row in await session.execute(_SAID, {"id": id})
    ]
    if not said:
        return 0
    last = said[-1].number
    rows = (await session.execute(_TO_TELL, {"id": id, "last": last, "limit": most})).all()
    heard = {row.commitment_id: row.told for row in rows}
    locked = list((await promises.lock(session, heard)).values())
    decisions = [hear(p, outstanding(said, heard[p.id]), session.now) for p in locked]
    await promises.save(session, locked, decisions)
    await session.execute(_TOLD, {"ids": list(heard), "last": last})
    return len(heard)
