"""Service standards: what we hold ourselves to, published. A figure is held against what was valid then."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Annotated

from fastapi import status
from pydantic import BaseModel, Field, StringConstraints

from services.commitments.authority.standing import MayAdminister
from services.commitments.fields import Reason, Strict
from services.commitments.tables import StandardRow
from shared.configuration import rows
from shared.configuration.model import begins, in_force
from shared.database import ReadSession
from shared.instants import Instant
from shared.routing import Reading, Writing, router


class Measure(StrEnum):
    """The measures that a standard can be about. Each is a share, and more is better."""

    KEPT_AS_PROMISED = "kept_as_promised"
    KEPT_AS_AGREED = "kept_as_agreed"
    ANSWERED_IN_TIME = "answered_in_time"
    CALLED_BACK_IN_TIME = "called_back_in_time"
    TOLD_BEFORE_BREAK = "told_before_break"
    FIRST_CONTACT = "first_contact"
    FRONT_LINE = "front_line"
    NOT_REOPENED = "not_reopened"


Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,59}$")]


class NewStandard(Strict):
    """A new standard. `target` is a share, 0.95 for 95%; null takes it back. The words are what the public reads."""

    name: Slug
    words_vi: Reason
    words_en: Reason
    measure: Measure
    target: float | None = Field(gt=0, le=1)
    valid_from: Instant | None = None


class StandardView(BaseModel):
    """A standard as the public sees it: nobody of ours is named in it."""

    name: str
    words_vi: str
    words_en: str
    measure: Measure
    target: float | None
    valid_from: datetime


api = router("/commitments/standards", tags=["standards"])


@api.get("")
async def standards(session: Reading) -> list[StandardView]:
    """The standards, past and future ones included, the newest of each name first. Open to everybody."""
    newest_first = reversed(await rows.history(session, StandardRow))
    return [_view(row) for row in sorted(newest_first, key=lambda version: version.name)]


@api.put("", status_code=status.HTTP_201_CREATED)
async def set_standard(new: NewStandard, session: Writing, who: MayAdminister) -> StandardView:
    """Sets a standard from an instant on. What was published before stays in the history."""
    valid_from = begins(new.valid_from, session.now)
    row = StandardRow(**new.model_dump(exclude={"valid_from"}), valid_from=valid_from, set_by=who.subject)
    return _view(await rows.add(session, row))


async def valid(session: ReadSession, at: datetime) -> list[StandardView]:
    """The standards that hold at an instant, in the order in which they were first set."""
    found = in_force(await rows.history(session, StandardRow), at, key=lambda standard: standard.name)
    return [_view(row) for row in found.values() if row.target is not None]


def targets(standards: Sequence[StandardView]) -> dict[Measure, float]:
    """The target of each measure; of several the highest."""
    found: dict[Measure, float] = {}
    for standard in standards:
        if standard.target is not None:
            found[standard.measure] = max(standard.target, found.get(standard.measure, 0))
    return found


def _view(row: StandardRow) -> StandardView:
    return StandardView.model_validate(row, from_attributes=True)
