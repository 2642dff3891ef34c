"""The store that saves a promise together with the effects on its whole and its parts, in the same transaction.

The service keeps its promises by `PromisesWithParts`, so that nothing is written of one without the others.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from sqlalchemy import text

from services.commitments import customers
from services.commitments.promise.core import Decision, Promise
from services.commitments.promise.following import Following, Held, following, of_parent, of_part, released_at
from services.commitments.promise.store import Promises
from shared.database import ReadSession, WriteSession

_HOLDING = text("""
    SELECT c.parent_id, c.id, c.status IN ('stated', 'agreed') OR (c.status = 'broken' AND c.fulfilled_at IS NULL),
        coalesce(c.fulfilled_at, c.closed_at)
    FROM commitment c JOIN task t ON t.commitment_id = c.id
    WHERE c.parent_id = ANY(CAST(:parents AS uuid[])) AND t.blocks
""")


async def holding(session: ReadSession, parents: Collection[UUID]) -> Mapping[UUID, list[Held]]:
    """The tasks that hold up each of these promises, or did. After a lock of the parents it is the last word."""
    found: dict[UUID, list[Held]] = {}
    for parent, *task in await session.execute(_HOLDING, {"parents": list(parents)}) if parents else ():
        found.setdefault(parent, []).append(Held(*task))
    return found


class PromisesWithParts(Promises):
    async def save(self, session: WriteSession, before: Sequence[Promise], decisions: Sequence[Decision]) -> None:
        """Saves decisions as `Promises.save` does, and what follows for their parents and parts.

        That costs nothing where no promise has a parent and none has ended early.
        """
        await super().save(session, before, decisions)
        follows = following(before, decisions)
        if follows.parents:
            await self._lift(session, follows)
        if follows.wholes:
            await self._let_go(session, follows)

    async def _lift(self, session: WriteSession, follows: Following) -> None:
        locked = list((await self.lock(session, follows.parents)).values())
        held = await holding(session, follows.ended)
        spoken = await customers.languages(session, {p.customer_id for p in locked if p.id in follows.late})
        decisions = [
            of_parent(
                parent,
                is_late=parent.id in follows.late,
                goes_on_at=released_at(held.get(parent.id, ()), follows.ended.get(parent.id, ())),
                language=spoken.get(parent.customer_id, self.default_language),
                now=session.now,
            )
            for parent in locked
        ]
        await self.save(session, locked, decisions)

    async def _let_go(self, session: WriteSession, follows: Following) -> None:
        parts = await self.lock_parts(session, follows.wholes)
        spoken = await customers.languages(session, {p.customer_id for p in parts})
        moved, decisions = [], []
        for part in parts:
            assert part.parent_id is not None
            language = spoken.get(part.customer_id, self.default_language)
            decision = of_part(part, *follows.wholes[part.parent_id], language=language, now=session.now)
            if decision is not None:
                moved.append(part)
                decisions.append(decision)
        if moved:
            await self.save(session, moved, decisions)
