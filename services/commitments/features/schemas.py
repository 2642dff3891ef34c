"""The requests and answers about features."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from pydantic import BaseModel, Field, model_validator

from services.commitments.fields import Name, Reason, Strict, Words
from shared.instants import Day, Instant, Zone

MOST_AT_ONCE = 1000
"""Subscribers in one request: one transaction."""


class NewDate(Strict):
    """The estimate: `due_at` as an instant, or `due_on` as a day in `zone`."""

    due_at: Instant | None = None
    due_on: Day | None = None

    @model_validator(mode="after")
    def _has_one_due(self) -> NewDate:
        if (self.due_at is None) == (self.due_on is None):
            raise ValueError("this needs a date: either due_at (an instant) or due_on (a day)")
        return self


class NewFeature(NewDate):
    """A new feature. `words` is what each subscriber is promised; the window's end, `window_days` later, binds us."""

    title: Name
    words: Words
    cost: Words
    zone: Zone | None = None
    window_days: int = Field(0, ge=0, le=365)
    owner: Name | None = None
    category: Name | None = None


class NewSubscribers(Strict):
    customer_ids: list[UUID] = Field(min_length=1, max_length=MOST_AT_ONCE)


class Move(NewDate):
    """A new estimate, with its reason, and its window where that has changed."""

    reason: Reason
    window_days: int | None = Field(None, ge=0, le=365)


class Subscribed(BaseModel):
    """How many were subscribed. `added` got a promise; the others had one already."""

    added: int
    already: int


class Counts(BaseModel):
    """Subscribers by where their promise stands.

    `agreed` and `declined` answer the newest terms, `unanswered` has them before them; `ended` is withdrawn or void,
    and what was declined before it was ever agreed to. `told` have heard the newest news, and `to_tell` not yet.
    """

    subscribers: int
    told: int
    to_tell: int
    agreed: int
    declined: int
    unanswered: int
    done: int
    broken: int
    ended: int


class FeatureView(BaseModel):
    """A feature as it stands. `due_at` is the estimate, `window_ends_at` what binds us."""

    id: UUID
    title: str
    words: str
    cost: str
    zone: str
    due_at: datetime
    due_on: date | None
    window_days: int
    window_ends_at: datetime
    owner: str
    category: str | None
    made_at: datetime
    done_at: datetime | None
    counts: Counts
