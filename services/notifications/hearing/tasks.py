"""Messages about the customer's own tasks: asked, reminded, thanked. None of it is a promise of ours."""

from __future__ import annotations

from typing import Any

from services.notifications.hearing.asking import ask_about
from services.notifications.hearing.dropping import drop
from services.notifications.hearing.picture import Picture
from services.notifications.messages.acknowledgement import Acknowledgement
from services.notifications.messages.details import Kind
from services.notifications.messages.kinds import TaskReminder, TaskStated
from shared.contracts import Event
from shared.contracts.commitments import Commitment, CommitmentAtRisk, CommitmentFulfilled, CommitmentStated
from shared.contracts.terms import CommitmentKind
from shared.handling import Work
from shared.security.customer_links import CustomerPage, Mention

_MOOT_WHEN_DONE = {Kind.TASK_STATED, Kind.TASK_REMINDER}


def _asked(task: Commitment) -> dict[str, Any]:
    """The part of a task that its customer may see, and the page on which they do it."""
    terms, page = task.terms, Mention(CustomerPage.TASK, task.commitment_id)
    return {"words": terms.words, "due_at": terms.due_at, "zone": terms.zone, "cost": terms.cost, "link": page}


def stated(picture: Picture, work: Work, event: Event, told: CommitmentStated) -> None:
    """Tells what we ask, by when, where, and that our own promise waits meanwhile, where it does (C25)."""
    if told.kind is CommitmentKind.TASK:
        waits = told.parent_id is not None and told.blocks is not False
        details = TaskStated(**_asked(told), waits=waits)
        ask_about(picture, work, event, told, details, expires_at=told.terms.due_at)


def at_risk(picture: Picture, work: Work, event: Event, told: CommitmentAtRisk) -> None:
    """Reminds of a task before it is due, and never after (N18), in place of a reminder that still waits."""
    if told.kind is CommitmentKind.TASK:
        drop(picture, work, told, {Kind.TASK_REMINDER})
        ask_about(picture, work, event, told, TaskReminder(**_asked(told)), expires_at=told.terms.due_at)


def fulfilled(picture: Picture, work: Work, event: Event, told: CommitmentFulfilled) -> None:
    """Drops reminders (N18) and thanks, once for the contact by which it was done, with what happens next (I4).

    `parents`: the promises that may go on now, see `promises.resumed`.
    """
    if told.kind is CommitmentKind.TASK:
        drop(picture, work, told, _MOOT_WHEN_DONE)
        details = Acknowledgement(
            kind=told.kind,
            zone=told.terms.zone,
            done=(told.terms.words,),
            parents=(told.parent_id,) if told.parent_id else (),
            heard=told.heard,
        )
        ask_about(picture, work, event, told, details, once_for=told.evidence)
