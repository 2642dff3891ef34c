"""The HTTP interface of incidents: one cause, everybody told once, and how long it took (C19)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, status
from sqlalchemy import Row

from services.commitments.access import MayRead, MayWrite
from services.commitments.authority.standing import MayAdminister
from services.commitments.errors import IncidentNotFound, PromiseNotFound, WrongKnownAt
from services.commitments.incidents import store as incidents
from services.commitments.incidents.schemas import (
    ClassSummary,
    Digest,
    IncidentView,
    LimitView,
    NewIncident,
    NewLimit,
)
from services.commitments.incidents.tables import IncidentLimitRow
from services.commitments.promise import core
from shared.configuration import rows
from shared.configuration.model import begins
from shared.database import ReadSession
from shared.ids import new_id
from shared.instants import Instant
from shared.routing import Reading, Writing, router

api = router("/commitments/incidents", tags=["incidents"])

ALWAYS = datetime(2000, 1, 1, tzinfo=UTC)
NEVER = datetime(9000, 1, 1, tzinfo=UTC)

Owner = Annotated[str | None, Query(max_length=200)]


@api.post("", status_code=status.HTTP_202_ACCEPTED)
async def file(new: NewIncident, session: Writing, who: MayWrite) -> IncidentView:
    """Files an incident: each customer it hits is told once, soon after this answer; each owner reads one digest."""
    if new.known_at > session.now:
        raise WrongKnownAt("known_at is when we knew: now or before")
    if new.known_at < ALWAYS:
        raise WrongKnownAt("known_at is before anything we have a limit for")
    if new.new_due_at is not None:
        core.check_due(new.new_due_at, session.now)
    id_ = new_id()
    hit = await incidents.file(session, id_, new, by=who.subject)
    unknown = set(new.commitment_ids or ()) - hit
    if unknown:
        raise PromiseNotFound(
            "some of these promises are not there", unknown=sorted(str(promise) for promise in unknown)
        )
    return await _view(session, await _one(session, id_), None)


@api.get("")
async def filed(session: Reading, who: MayRead, owner: Owner = None, since: Instant = ALWAYS) -> list[IncidentView]:
    """The incidents, the newest first. Of an owner: those that hit promises of theirs, each with their one digest."""
    return [await _view(session, row, owner) for row in await incidents.filed(session, since, owner)]


@api.get("/summary")
async def summary(
    session: Reading, who: MayRead, since: Instant = ALWAYS, until: Instant = NEVER
) -> list[ClassSummary]:
    """The time from "we know" to "the customer is told", per class, of incidents known in that span."""
    return [ClassSummary(**row) for row in await incidents.summary(session, since, until)]


@api.get("/limits")
async def limits(session: Reading, who: MayRead) -> list[LimitView]:
    """The limits with all their versions; the newest valid one counts."""
    return [_limit(row) for row in reversed(await rows.history(session, IncidentLimitRow))]


@api.put("/limits", status_code=status.HTTP_201_CREATED)
async def set_limit(new: NewLimit, session: Writing, who: MayAdminister) -> LimitView:
    """Sets a limit from an instant on. What was valid before stays in the history."""
    row = IncidentLimitRow(
        class_=new.class_,
        within_minutes=new.within_minutes,
        valid_from=begins(new.valid_from, session.now),
        set_by=who.subject,
    )
    return _limit(await rows.add(session, row))


@api.get("/{id}")
async def show(id: UUID, session: Reading, who: MayRead, owner: Owner = None) -> IncidentView:  # noqa: A002
    """The incident with one digest for each owner, or of the one that is named."""
    return await _view(session, await _one(session, id), owner)


def _limit(row: IncidentLimitRow) -> LimitView:
    return LimitView(class_=row.class_, within_minutes=row.within_minutes, valid_from=row.valid_from, set_by=row.set_by)


async def _one(session: ReadSession, id_: UUID) -> Row[Any]:
    row = await incidents.find(session, id_)
    if row is None:
        raise IncidentNotFound(f"there is no incident {id_}")
    return row


async def _view(session: ReadSession, row: Row[Any], owner: str | None) -> IncidentView:
    found = [Digest.model_validate(one) for one in await incidents.digests(session, row.id, owner)]
    return IncidentView.model_validate({**row._mapping, "digests": found})
