"""What many wait for: its date with a window, what was said of it, and what that does to each promise. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.commitments import promise as core
from services.commitments.days import end_of_day
from services.commitments.promise import Decision, Promise, Status
from shared.contracts import Payload
from shared.contracts.commitments import CommitmentKind, Progress, Step, Terms


@dataclass(frozen=True, slots=True)
class Estimate:
    """When we think it comes, and by how many days it can be later. `at` is the end of `on`, where it is for a day."""

    at: datetime
    on: date | None
    zone: str
    window_days: int

    @property
    def last_day(self) -> date | None:
        return self.on + timedelta(days=self.window_days) if self.on else None

    @property
    def due_at(self) -> datetime:
        """What binds us is the end of the window, never the estimate."""
        if self.last_day is not None:
            return end_of_day(self.last_day, self.zone)
        return self.at + timedelta(days=self.window_days)

    def step(self, title: str) -> Step:
        """The estimate as the customer reads it beside the date that binds us."""
        return Step(words=title, expected_at=self.at)


class _News(BaseModel):
    model_config = ConfigDict(frozen=True)


class Moved(_News):
    kind: Literal["moved"] = "moved"
    title: str
    estimate: Estimate
    reason: str


class Went(_News):
    kind: Literal["went"] = "went"
    progress: Progress


class Arrived(_News):
    kind: Literal["arrived"] = "arrived"


News = Annotated[Moved | Went | Arrived, Field(discriminator="kind")]


@dataclass(frozen=True, slots=True)
class Said:
    """News as it was said: its number among those of the feature, when, and by whom."""

    number: int
    news: Moved | Went | Arrived
    at: datetime
    by: str


def promise_of(
    id_: UUID,
    customer: UUID,
    *,
    title: str,
    words: str,
    cost: str,
    estimate: Estimate,
    owner: str,
    category: str | None,
) -> Promise:
    """A subscriber's own promise, as it is told first."""
    terms = Terms(
        revision=1,
        words=words,
        due_at=estimate.due_at,
        due_on=estimate.last_day,
        zone=estimate.zone,
        cost=cost,
        steps=(estimate.step(title),),
    )
    return Promise(id_, customer, CommitmentKind.PROMISE, (terms,), owner=owner, category=category)


def outstanding(said: Iterable[Said], told: int) -> Sequence[Said]:
    """What a subscriber has yet to hear who heard up to number `told`: the last of each kind, in order.

    Who has not heard of one new date when there is another hears of the last alone; once it is there, of that alone.
    """
    last = {one.news.kind: one for one in sorted(said, key=lambda one: one.number) if one.number > told}
    if "arrived" in last:
        return [last["arrived"]]
    return sorted(last.values(), key=lambda one: one.number)


def hear(promise: Promise, said: Sequence[Said], now: datetime) -> Decision:
    """A promise after the news. What has ended, or is past its time, hears only what still holds for it."""
    events: tuple[Payload, ...] = ()
    for one in said:
        promise, more = _hear(promise, one, now)
        events = (*events, *more)
    return promise, events


def _hear(promise: Promise, said: Said, now: datetime) -> Decision:
    undone = promise.is_open or (promise.status is Status.BROKEN and promise.fulfilled_at is None)
    match said.news:
        case Arrived() if undone:
            # Done when we said so, however long it takes until each has heard.
            return core.fulfil(promise, max(said.at, promise.stated_at or said.at), by=said.by)
        case Went(progress=progress) if undone:
            return core.tell_progress(promise, progress, now, by=said.by)
        case Moved(estimate=new) if promise.is_open and not promise.is_late(now) and new.due_at > now:
            return core.revise(
                promise,
                due_at=new.due_at,
                reason=said.news.reason,
                by=said.by,
                now=now,
                due_on=new.last_day,
                steps=(new.step(said.news.title),),
            )
        case _:
            return promise, ()
