"""The end of a task, by the customer's act on any channel or on the task's own page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

from services.commitments.cases.owing import heard_of
from services.commitments.promise.core import Decision, Promise, fulfil
from services.commitments.promise.store import Promises
from services.commitments.tasks.model import Task, is_done_by
from shared.contracts.commitments import CommitmentFulfilled, Heard
from shared.contracts.intake import InteractionReceived
from shared.database import WriteSession

BY = "customer"


def closed_by(
    undone: Iterable[Promise], tasks: Mapping[UUID, Task], contact: InteractionReceived, at: datetime
) -> list[Decision]:
    """Fulfils every task of this customer that the contact fits, with the contact as evidence (C25, N18). Pure."""
    if contact.automatic or contact.only_thanks:
        return []
    found = [p for p in undone if p.id in tasks and is_done_by(tasks[p.id], p, contact, at)]
    heard = heard_of(contact)
    return [_hearing(fulfil(p, at, by=BY, evidence=contact.interaction_id), heard) for p in found]


def _hearing(decision: Decision, heard: Heard) -> Decision:
    """Adds to the end of a task the contact by which it was done, so that our thanks answer it."""
    promise, events = decision
    told = (e.model_copy(update={"heard": heard}) if isinstance(e, CommitmentFulfilled) else e for e in events)
    return promise, tuple(told)


async def lock(promises: Promises, session: WriteSession, tasks: dict[UUID, UUID | None]) -> list[Promise]:
    """Locks these tasks together with the promises they are for, in one order, so that nobody waits in a circle."""
    together = {*tasks, *(parent for parent in tasks.values() if parent is not None)}
    return [p for id_, p in (await promises.lock(session, together)).items() if id_ in tasks]
