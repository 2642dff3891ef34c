"""A task ends: by the customer's act on whatever channel, or on its own page."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from services.commitments.promise import Promise, Status, fulfil
from services.commitments.store import Promises
from services.commitments.tasks import store
from services.commitments.tasks.model import is_done_by
from shared.contracts.intake import InteractionReceived
from shared.database import WriteSession

BY = "customer"


async def close_by(promises: Promises, session: WriteSession, contact: InteractionReceived, at: datetime) -> None:
    """Fulfils every task of this customer that the contact fits, with the contact as evidence (C25, N18)."""
    if contact.automatic:
        return
    undone = await store.undone_of(session, contact.customer_id)
    if not undone:
        return
    wants = {task.id: task for task, _ in undone}
    locked = await lock(promises, session, {task.id: parent for task, parent in undone})
    found = [p for p in locked if is_undone(p) and is_done_by(wants[p.id], p, contact, at)]
    decisions = [fulfil(p, at, by=BY, evidence=contact.interaction_id) for p in found]
    await promises.save(session, found, decisions)
    for task in found:
        session.cancel(store.REMINDER, str(task.id))


async def lock(promises: Promises, session: WriteSession, tasks: dict[UUID, UUID | None]) -> list[Promise]:
    """These tasks, locked together with what they are for: in one order, so that nobody waits in a circle."""
    together = {*tasks, *(parent for parent in tasks.values() if parent is not None)}
    return [p for id_, p in (await promises.lock(session, together)).items() if id_ in tasks]


def is_undone(promise: Promise) -> bool:
    """Open, or past due and still not done: late is better than never."""
    return promise.is_open or (promise.status is Status.BROKEN and promise.fulfilled_at is None)
