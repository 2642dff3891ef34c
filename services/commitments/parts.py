"""A promise and its parts: what becomes of one follows for the other, in the same transaction.

A part of ours that is late, or warned of, is a warning for the whole. A task of the customer that is done or taken
back lets the whole go on, once it is the last. The end of the whole ends what was asked for it.

The service keeps its promises by `PromisesWithParts`, so that nothing is written of one without the others.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import text

from services.commitments import customers
from services.commitments.promise import Decision, Promise, Status, resume, warn, withdraw
from services.commitments.store import Promises
from services.commitments.words import NOT_NEEDED, PART_LATE
from shared.contracts import Payload
from shared.contracts import commitments as told
from shared.contracts.commitments import CommitmentKind
from shared.contracts.intake import Language
from shared.database import WriteSession

Wholes = Mapping[UUID, tuple[Promise, Sequence[Payload]]]

# Per parent: whether one of these tasks held it up, whether another still does, and when the last of all was done.
_HELD = text("""
    SELECT c.parent_id, max(coalesce(c.fulfilled_at, c.closed_at)) AS at FROM commitment c
    JOIN task t ON t.commitment_id = c.id WHERE c.parent_id = ANY(CAST(:parents AS uuid[])) AND t.blocks
    GROUP BY c.parent_id
    HAVING bool_or(c.id = ANY(CAST(:ended AS uuid[])))
       AND NOT bool_or(c.status IN ('stated', 'agreed') OR (c.status = 'broken' AND c.fulfilled_at IS NULL))
""")

_LATE = (told.CommitmentAtRisk, told.CommitmentBroken)
_ENDED = (told.CommitmentFulfilled, told.CommitmentWithdrawn)


class PromisesWithParts(Promises):
    async def save(self, session: WriteSession, before: Sequence[Promise], decisions: Sequence[Decision]) -> None:
        """As `Promises.save`, and what follows for their parents and parts.

        That costs nothing where no promise has a parent and none has ended early.
        """
        await super().save(session, before, decisions)
        late: set[UUID] = set()
        ended: dict[UUID, Promise] = {}
        wholes: dict[UUID, tuple[Promise, Sequence[Payload]]] = {}
        for old, (new, events) in zip(before, decisions, strict=True):
            if new.parent_id is not None:
                if new.obligor == "us" and any(isinstance(event, _LATE) for event in events):
                    late.add(new.parent_id)
                elif new.obligor == "customer" and any(isinstance(event, _ENDED) for event in events):
                    ended[new.id] = new
            if _ends_its_parts(old, new):
                wholes[new.id] = new, events
        if late or ended:
            await _lift(self, session, late, ended)
        if wholes:
            await _let_go(self, session, wholes)


def _ends_its_parts(old: Promise, new: Promise) -> bool:
    """Policy's own clocks have no parts unless somebody had the customer do something first."""
    if new.status in {Status.WITHDRAWN, Status.VOID}:
        return new.status is not old.status
    done = new.fulfilled_at is not None and old.fulfilled_at is None
    return done and new.obligor == "us" and (new.kind is CommitmentKind.PROMISE or old.waiting_since is not None)


async def _lift(
    promises: Promises, session: WriteSession, late: Collection[UUID], ended: Mapping[UUID, Promise]
) -> None:
    """What parts mean for their parents: go on where nothing holds them up any more, or be warned of."""
    parents = {*late, *(p.parent_id for p in ended.values() if p.parent_id is not None)}
    locked = list((await promises.lock(session, parents)).values())
    goes_on: dict[UUID, datetime] = {}
    if ended:  # looked up after the lock, so that of two tasks done at once the second sees the first
        rows = await session.execute(_HELD, {"parents": list(parents), "ended": list(ended)})
        goes_on = {row.parent_id: row.at for row in rows}
    spoken = await customers.languages(session, {p.customer_id for p in locked if p.id in late}) if late else {}
    decisions = []
    for parent in locked:
        decision: Decision = parent, ()
        if parent.id in goes_on and parent.is_open:
            decision = resume(parent, goes_on[parent.id], by="customer")
        if parent.id in late:
            reason = PART_LATE[spoken.get(parent.customer_id, promises.default_language)]
            warned, events = warn(decision[0], session.now, reason=reason, early=True)
            decision = warned, (*decision[1], *events)
        decisions.append(decision)
    await promises.save(session, locked, decisions)


async def _let_go(promises: Promises, session: WriteSession, wholes: Wholes) -> None:
    """Withdrawn or void, nothing of it is owed any more; done, nothing more is asked of the customer for it.

    A part that is late already is left to break: what was promised is not rewritten after its time.
    """
    parts = [p for p in await promises.lock_parts(session, wholes) if not p.is_late(session.now)]
    parts = [p for p in parts if p.obligor == "customer" or _whole(wholes, p)[0].fulfilled_at is None]
    if not parts:
        return
    spoken = await customers.languages(session, {p.customer_id for p in parts})
    decisions = []
    for part in parts:
        language = spoken.get(part.customer_id, promises.default_language)
        decisions.append(withdraw(part, session.now, **_why(_whole(wholes, part)[1], language)))
    await promises.save(session, parts, decisions)


def _whole(wholes: Wholes, part: Promise) -> tuple[Promise, Sequence[Payload]]:
    assert part.parent_id is not None
    return wholes[part.parent_id]


def _why(events: Sequence[Payload], language: Language) -> dict[str, str]:
    """The reason and the author of the end of a whole, for the end of its parts."""
    for event in events:
        match event:
            case told.CommitmentWithdrawn(reason=reason, by=by):
                return {"reason": reason, "by": by}
            case told.CommitmentFulfilled(by=by):
                return {"reason": NOT_NEEDED[language], "by": by}
    return {"reason": NOT_NEEDED[language], "by": "kept"}
