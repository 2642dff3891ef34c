"""What a customer is told of their own tasks: asked, reminded, thanked. None of it is a promise of ours."""

from __future__ import annotations

from typing import Any

from services.notifications.asking import ask, drop
from services.notifications.composing import Kind
from shared.contracts import Event
from shared.contracts.commitments import (
    Commitment,
    CommitmentAtRisk,
    CommitmentFulfilled,
    CommitmentKind,
    CommitmentStated,
)
from shared.database import WriteSession

_MOOT_WHEN_DONE = {Kind.TASK_STATED, Kind.TASK_REMINDER}


def _asked(task: Commitment) -> dict[str, Any]:
    """What a customer may see of what they are asked to do."""
    terms = task.terms
    return {"words": terms.words, "due_at": terms.due_at, "zone": terms.zone, "cost": terms.cost}


async def stated(session: WriteSession, event: Event, told: CommitmentStated) -> None:
    """C25: what we ask, by when, where, and that our own promise waits meanwhile, where it does."""
    if told.kind is CommitmentKind.TASK:
        shown = _asked(told) | {"waits": told.parent_id is not None and told.blocks is not False}
        due_at = told.terms.due_at
        await ask(session, event, told, Kind.TASK_STATED, expires_at=due_at, link=told.link, **shown)


async def at_risk(session: WriteSession, event: Event, told: CommitmentAtRisk) -> None:
    """N18: the reminder before it is due, and never after. A newer one takes the place of one that still waits."""
    if told.kind is CommitmentKind.TASK:
        await drop(session, told, {Kind.TASK_REMINDER})
        due_at = told.terms.due_at
        await ask(session, event, told, Kind.TASK_REMINDER, expires_at=due_at, link=told.link, **_asked(told))


async def fulfilled(session: WriteSession, event: Event, told: CommitmentFulfilled) -> None:
    """N18: no more reminders. I4: thanks, once for the contact by which it was done, with what happens next.

    `parents`: the promises that may go on now, see `promises.resumed`.
    """
    if told.kind is CommitmentKind.TASK:
        await drop(session, told, _MOOT_WHEN_DONE)
        shown: dict[str, Any] = {"kind": told.kind, "due_at": None, "zone": told.terms.zone, "done": [told.terms.words]}
        shown["parents"] = [told.parent_id] if told.parent_id else []
        await ask(session, event, told, Kind.ACKNOWLEDGEMENT, once_for=told.evidence, **shown)
