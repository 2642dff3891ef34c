"""The task: what it asks for, which act of the customer does it, and when they are reminded. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from services.commitments.promise.core import Promise, facts
from shared.contracts.commitments import CommitmentAtRisk
from shared.contracts.intake import InteractionKind, InteractionReceived

Wants = Literal["anything", "form", "upload", "message"]

DUE_IN_A_DAY = "due_in_a_day"
"""The reason of the second reminder; the first has that of every warning at three quarters of the time."""

ADVANCE = timedelta(days=1)
APART = timedelta(hours=6)
"""Two reminders that would come closer than this are one."""

_SPOKE = frozenset({InteractionKind.MESSAGE, InteractionKind.VOICEMAIL, InteractionKind.CALL})
_WROTE = _SPOKE - {InteractionKind.CALL}


class TaskField(BaseModel):
    """One question of a form. `choices` are the answers to a choice, as the customer reads them."""

    model_config = ConfigDict(frozen=True)

    name: str
    label: str
    kind: Literal["text", "date", "number", "choice"]
    choices: tuple[str, ...] = ()
    required: bool = False


@dataclass(frozen=True, slots=True)
class Task:
    """What a task asks for. Its customer, due time and end are those of the commitment of the same id."""

    id: UUID
    wants: Wants
    fields: tuple[TaskField, ...] = ()
    blocks: bool = True

    @property
    def asks_for_words(self) -> bool:
        return self.wants in {"anything", "message"}

    @property
    def asks_for_files(self) -> bool:
        return self.wants in {"anything", "upload"}


def is_done_by(task: Task, promise: Promise, contact: InteractionReceived, at: datetime) -> bool:
    """Tells whether a contact of the customer, `at` that time, is what the task asks for.

    A machine does no task, and neither does what they sent before they were asked or about another case. Where an
    answer is required to a question of the form, only the form will do. A picture that their text shows, such as the
    logo below their name, is no file they sent.
    """
    if contact.automatic or promise.stated_at is None or at < promise.stated_at:
        return False
    if promise.case_id is not None and contact.case_id is not None and contact.case_id != promise.case_id:
        return False
    if any(field.required for field in task.fields):
        return False
    match task.wants:
        case "form":
            return False
        case "upload":
            return any(not one.in_text for one in contact.attachments)
        case "message":
            return contact.kind in _WROTE
        case "anything":
            return contact.kind in _SPOKE


def second_reminder(promise: Promise) -> datetime | None:
    """The second reminder, a day before due; None if the task was given after that, or first reminded of about then."""
    if promise.stated_at is None or promise.warns_at is None:
        return None
    at = promise.binds.due_at - ADVANCE
    if at <= promise.stated_at or abs(at - promise.warns_at) < APART:
        return None
    return at


def remind(promise: Promise, now: datetime) -> CommitmentAtRisk | None:
    """The second reminder of an open task. Never after due as if before."""
    if not promise.is_open or now >= promise.binds.due_at:
        return None
    due = promise.binds.due_at
    return CommitmentAtRisk(**facts(promise, promise.binds), reason=DUE_IN_A_DAY, next_contact_at=due)
