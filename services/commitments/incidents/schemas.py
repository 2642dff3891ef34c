"""The requests and answers about incidents."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from services.commitments.fields import Name, Reason, Strict
from shared.instants import Instant

Class = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
"""Of incidents, by how soon customers must know: `data_leak`, `delivery_delay`, ..."""


class Affected(Strict):
    """Open promises of ours that fit all that is named."""

    category: Name | None = None
    feature: UUID | None = None
    owner: Name | None = None

    @model_validator(mode="after")
    def _names_something(self) -> Affected:
        if self.category is None and self.feature is None and self.owner is None:
            raise ValueError("name a category, a feature or an owner")
        return self


class NewIncident(Strict):
    """A new incident. `known_at` is when we knew. The words are the reason that customers read.

    `commitment_ids` or `filter` says whom it hits. With `new_due_at` those due before it are moved there and asked
    whether that suits; without it they are warned.
    """

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    class_: Class = Field(alias="class")
    words: Reason
    known_at: Instant
    new_due_at: Instant | None = None
    commitment_ids: list[UUID] | None = Field(None, min_length=1, max_length=1000)
    filter: Affected | None = None

    @model_validator(mode="after")
    def _says_whom(self) -> NewIncident:
        if (self.commitment_ids is None) == (self.filter is None):
            raise ValueError("say whom it hits: either commitment_ids or a filter")
        return self


class Left(BaseModel):
    commitment_id: UUID
    customer_id: UUID
    why: str


class Digest(BaseModel):
    """The digest of one owner, instead of a message for each promise. `to_call` are those we could not tell."""

    owner: str | None
    promises: int
    warned: int
    revised: int
    pending: int
    to_call: list[Left]


class IncidentView(BaseModel):
    model_config = ConfigDict(populate_by_name=True)

    id: UUID
    class_: str = Field(alias="class")
    words: str
    known_at: datetime
    new_due_at: datetime | None
    limit_minutes: int
    filed_at: datetime
    filed_by: str
    digests: list[Digest]


class ClassSummary(BaseModel):
    """Seconds from "we know" to "the customer is told", per told promise of a class.

    `n` were told; `not_told` were not, or not yet. `within_limit` is the share of both together that was told in time;
    null where there is none. Told is when the warning leaves for the customer.
    """

    model_config = ConfigDict(populate_by_name=True)

    class_: str = Field(alias="class")
    incidents: int
    n: int
    not_told: int
    median_seconds: float | None
    p90_seconds: float | None
    within_limit: float | None


class NewLimit(Strict):
    """A limit of how soon customers must know, from `valid_from` on. No class: for all without one of their own."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    class_: Class | None = Field(None, alias="class")
    within_minutes: int = Field(ge=1, le=525_600)
    valid_from: Instant | None = None


class LimitView(BaseModel):
    model_config = ConfigDict(populate_by_name=True)

    class_: str | None = Field(alias="class")
    within_minutes: int
    valid_from: datetime
    set_by: str
