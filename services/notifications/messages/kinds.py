"""The kinds of messages, each with its own details. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from services.notifications.messages.acknowledgement import Acknowledgement
from services.notifications.messages.details import Details, Kind, Link
from shared.security.customer_links import Mention


class OfPromise(Details):
    """The part of a promise that its customer may see."""

    kind: str = "promise"
    words: str
    due_at: datetime
    cost: str
    scope: str | None = None
    exclusions: str | None = None


class WithPage(OfPromise):
    """A promise with its page."""

    link: Link = None

    @property
    def mentions(self) -> tuple[Mention, ...]:
        return (self.link,) if self.link else ()


class PromiseStated(WithPage):
    kind_of = Kind.PROMISE_STATED


class PromiseRevised(WithPage):
    kind_of = Kind.PROMISE_REVISED
    reason: str | None = None
    previous_due_at: datetime

    def is_late(self, now: datetime) -> bool:
        return now >= self.previous_due_at


class PromiseAtRisk(WithPage):
    kind_of = Kind.PROMISE_AT_RISK
    reason: str
    next_contact_at: datetime


class PromiseBroken(OfPromise):
    kind_of = Kind.PROMISE_BROKEN


class PromiseWaiting(WithPage):
    kind_of = Kind.PROMISE_WAITING
    reason: str


class PromiseResumed(WithPage):
    kind_of = Kind.PROMISE_RESUMED
    previous_due_at: datetime


class PromiseProgressed(OfPromise):
    """Progress of a promise. `steps` counts those that it has."""

    kind_of = Kind.PROMISE_PROGRESSED
    now_doing: str
    problems: str | None = None
    solution: str | None = None
    next_step: str
    next_contact_at: datetime
    steps_done: int = 0
    steps: int = 0


class Escalation(OfPromise):
    """A promise that was given to somebody who can keep it. `about`: its words."""

    kind_of = Kind.ESCALATION
    who: str | None = None
    about: str | None = None


class Information(OfPromise):
    kind_of = Kind.INFORMATION
    who: str | None = None
    about: str | None = None


class OfTask(Details):
    """The part of a task that its customer may see."""

    words: str
    due_at: datetime
    cost: str
    link: Link = None

    @property
    def mentions(self) -> tuple[Mention, ...]:
        return (self.link,) if self.link else ()


class TaskStated(OfTask):
    """A task that the customer is asked to do. `waits`: a promise of ours waits meanwhile."""

    kind_of = Kind.TASK_STATED
    waits: bool = False


class TaskReminder(OfTask):
    kind_of = Kind.TASK_REMINDER


class Satisfaction(Details):
    kind_of = Kind.SATISFACTION
    words: str
    link: Link
    answer_by_at: datetime

    @property
    def mentions(self) -> tuple[Mention, ...]:
        return (self.link,) if self.link else ()

    @property
    def links_end(self) -> datetime:
        return self.answer_by_at


class Closing(Details):
    kind_of = Kind.CLOSING
    summary: str


OF_KIND: Mapping[Kind, type[Details]] = {
    one.kind_of: one
    for one in (
        Acknowledgement,
        PromiseStated,
        PromiseRevised,
        PromiseAtRisk,
        PromiseBroken,
        PromiseWaiting,
        PromiseResumed,
        PromiseProgressed,
        Escalation,
        Information,
        TaskStated,
        TaskReminder,
        Satisfaction,
        Closing,
    )
}
