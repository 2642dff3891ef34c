"""A feature that many wait for: its date with a window, the news of it, and what they do to each promise. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.commitments.promise import core
from services.commitments.promise.core import Decision, Promise, Status
from services.commitments.promise.core.days import end_of_day
from shared.contracts import Payload
from shared.contracts.terms import CommitmentKind, Progress, Step, Terms


@dataclass(frozen=True, slots=True)
class Estimate:
    """The date a feature is expected, and by how many days it can be later. `at` is the end of the day `on`, if set."""

    at: datetime
    on: date | None
    zone: str
    window_days: int

    @property
    def last_day(self) -> date | None:
        return self.on + timedelta(days=self.window_days) if self.on else None

    @property
    def due_at(self) -> datetime:
        """The due time that binds us: the end of the window, never the estimate."""
        if self.last_day is not None:
            return end_of_day(self.last_day, self.zone)
        return self.at + timedelta(days=self.window_days)

    def there(self, zone: str) -> Estimate:
        """The same estimate for somebody in `zone`: a day is over at its end there."""
        return replace(self, at=end_of_day(self.on, zone) if self.on else self.at, zone=zone)

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
    """A piece of news: its number among those of the feature, when it was said, and by whom."""

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
    """The news that a subscriber who heard up to number `told` has yet to hear: the last of each kind, in order.

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
        case Moved(estimate=moved) if promise.is_open and not promise.is_late(now):
            new = moved.there(promise.binds.zone)
            if new.due_at <= now:
                return promise, ()
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
