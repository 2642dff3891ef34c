"""The requests and answers about tasks."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, Field, StringConstraints, model_validator

from services.commitments.fields import Name, Strict, Words
from services.commitments.promise.core import Promise
from services.commitments.promising.views import PromiseView
from services.commitments.tasks.model import Task, TaskField, Wants
from shared.instants import Day, Instant, Zone

FieldName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]


class NewField(Strict):
    """A question of a new task. `name` is for programs, the customer reads `label`. Only a choice has `choices`."""

    name: FieldName
    label: Name
    kind: Literal["text", "date", "number", "choice"]
    choices: list[Name] = Field(default_factory=list, max_length=20)
    required: bool = False

    @model_validator(mode="after")
    def _choices_fit(self) -> NewField:
        if self.kind == "choice" and len(set(self.choices)) < 2:
            raise ValueError("a choice needs at least two different choices")
        if self.kind != "choice" and self.choices:
            raise ValueError("only a choice has choices")
        if len(set(self.choices)) < len(self.choices):
            raise ValueError("the same choice stands here twice")
        return self


class NewTask(Strict):
    """A new task: what the customer is asked to do, by when, and what they send. `wants` names the act that does it.

    `fields` are the questions of its page: a form needs one at least, a message has none. `blocks`: our promise waits
    for it.
    """

    words: Words
    due_at: Instant | None = None
    due_on: Day | None = None
    zone: Zone | None = None
    cost: Words | None = None
    wants: Wants = "anything"
    fields: list[NewField] = Field(default_factory=list, max_length=20)
    blocks: bool = True

    @model_validator(mode="after")
    def _holds_together(self) -> NewTask:
        if (self.due_at is None) == (self.due_on is None):
            raise ValueError("a task needs a due time: either due_at (an instant) or due_on (a day)")
        if self.wants == "form" and not self.fields:
            raise ValueError("a form needs fields")
        if self.wants == "message" and self.fields:
            raise ValueError("a message has no fields; ask for a form, or for anything")
        if len({field.name for field in self.fields}) < len(self.fields):
            raise ValueError("two fields have the same name")
        return self


class FileView(BaseModel):
    """A file of a task. Its content is at `/commitments/{task}/files/{id}`, for staff, as a download."""

    id: UUID
    name: str
    content_type: str
    size: int


class PartView(PromiseView):
    """A part of a promise; `wants` and `blocks` where it is a task of the customer."""

    wants: Wants | None = None
    blocks: bool | None = None

    @classmethod
    def of_part(cls, promise: Promise, task: Task | None) -> PartView:
        view = PromiseView.of(promise).model_dump()
        return cls(**view, wants=task.wants if task else None, blocks=task.blocks if task else None)


class TaskView(PartView):
    """A task. `answers` by field name, `note` and `files` are what the customer sent on the page."""

    fields: list[TaskField]
    answers: dict[str, str] | None = None
    note: str | None = None
    files: list[FileView] = Field(default_factory=list)
