"""Handles that cannot be reached, told to the other services once they have an owner.

A report may come before its handle is anybody's, or from a version that told nobody who kept it: such rows have no
`told_at`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import Row, RowMapping, text

from services.intake.customers import resolving as people
from shared import bulk
from shared.contracts.intake import CustomerFacts, Handle, HandleUnreachable, Reachability
from shared.database import ReadSession, WriteSession
from shared.waiting import wait_for

if TYPE_CHECKING:
    from shared.database import Database
    from shared.service import Workplace

EVERY = 600.0
"""Seconds between two rounds: the version before may go on writing while an upgrade rolls."""
PIECE = 500
"""Handles told of in one transaction."""

_OF_FAMILY = text("""
    SELECT r.kind, r.account, r.value, r.reason, r.occurred_at, r.detail
    FROM handle h JOIN handle_reach r USING (kind, account, value)
    WHERE h.customer_id = ANY(CAST(:members AS uuid[])) AND NOT r.reachable ORDER BY r.occurred_at
""")
_CLAIMED = text(f"""
    UPDATE handle_reach r SET told_at = :now FROM {bulk.unnest(people.KEY)}
    WHERE r.kind = u.kind AND r.account = u.account AND r.value = u.value AND NOT r.reachable AND r.told_at IS NULL
    RETURNING r.*
""")
_FORGET = text("UPDATE handle_reach SET told_at = NULL WHERE NOT reachable AND told_at IS NOT NULL")
_UNTOLD = text("""
    WITH piece AS (
        SELECT r.kind, r.account, r.value, h.customer_id FROM handle_reach r JOIN handle h USING (kind, account, value)
        WHERE NOT r.reachable AND r.told_at IS NULL
        ORDER BY r.kind, r.account, r.value LIMIT :piece FOR UPDATE OF r SKIP LOCKED)
    UPDATE handle_reach r SET told_at = :now FROM piece p
    WHERE r.kind = p.kind AND r.account = p.account AND r.value = p.value RETURNING r.*, p.customer_id
""")


async def of_family(session: ReadSession, members: Sequence[UUID]) -> Sequence[RowMapping]:
    """The handles of these customers that messages do not reach, or should not, and why."""
    return (await session.execute(_OF_FAMILY, {"members": list(members)})).mappings().all()


async def of_new_owners(session: WriteSession, news: Iterable[CustomerFacts]) -> dict[UUID, list[HandleUnreachable]]:
    """What is to be told of the handles of these customers, each of whom has just got one, by customer."""
    owned = {
        key: (facts.customer_id, handle) for facts in news for handle in facts.handles for key in people.keys_of(handle)
    }
    if not owned:
        return {}
    values = people.columns(sorted(owned))
    found: dict[UUID, list[HandleUnreachable]] = {}
    for row in await session.execute(_CLAIMED, values | {"now": session.now}):
        customer_id, handle = owned[row.kind, row.account, row.value]
        found.setdefault(customer_id, []).append(_told(row, customer_id, handle))
    return found


async def tell_new_owners(session: WriteSession, news: Sequence[CustomerFacts]) -> None:
    """Tells of the handles of these customers that cannot be reached."""
    for told in (await of_new_owners(session, news)).values():
        for one in told:
            session.emit(one)


async def run(workplace: Workplace, stop: asyncio.Event) -> None:
    """The loop: tells what is untold, and looks again after a while."""
    while not stop.is_set():
        await tell_untold(workplace.database)
        await wait_for(stop, EVERY)


async def tell_all(database: Database) -> int:
    """Tells of every handle of somebody that cannot be reached, also where it was told. Returns how many there are."""
    async with database.write() as session:
        await session.execute(_FORGET)
    return await tell_untold(database)


async def tell_untold(database: Database) -> int:
    """Tells of all handles of somebody that cannot be reached, a piece at a time. Returns how many there were."""
    told = 0
    while True:
        async with database.write() as session:
            rows = (await session.execute(_UNTOLD, {"piece": PIECE, "now": session.now})).all()
            for row in rows:
                handle = Handle(kind=row.kind, account=row.account, value=row.value)
                session.emit(_told(row, row.customer_id, handle))
        told += len(rows)
        if len(rows) < PIECE:
            return told


def _told(row: Row[Any], customer_id: UUID, handle: Handle) -> HandleUnreachable:
    return HandleUnreachable(
        customer_id=customer_id,
        handle=handle,
        channel=row.channel,
        reason=Reachability(row.reason),
        occurred_at=row.occurred_at,
        detail=row.detail,
    )
