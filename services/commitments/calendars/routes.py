"""Business calendars over HTTP: set with history, shown as they are valid, and closed by iCalendar files."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Annotated

from fastapi import Path, Query, Request, status
from pydantic import BaseModel

from services.commitments.access import MayRead
from services.commitments.authority.standing import MayAdminister
from services.commitments.calendars.schemas import CalendarView, Closed, Definition, NewCalendar
from services.commitments.calendars.store import add_version, version_at, versions
from services.commitments.errors import CalendarNotFound, UnreadableCalendarFile
from shared.calendars.ical import LARGEST, Unreadable, read_closed
from shared.configuration.model import FARTHEST, begins
from shared.instants import Instant
from shared.problems import TooLarge
from shared.routing import Reading, Writing, router

api = router("/commitments/calendars", tags=["calendars"])

Name = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")]


class CalendarVersion(BaseModel):
    name: str
    zone: str
    valid_from: datetime
    set_by: str


@api.get("")
async def calendars(session: Reading, who: MayRead) -> list[CalendarVersion]:
    """The calendars with all their versions; the newest valid one counts."""
    return [
        CalendarVersion(name=r.name, zone=r.definition["zone"], valid_from=r.valid_from, set_by=r.set_by)
        for r in await versions(session)
    ]


@api.put("", status_code=status.HTTP_201_CREATED)
async def set_calendar(new: NewCalendar, session: Writing, who: MayAdminister) -> CalendarView:
    """Sets a calendar from an instant on. Clocks that run keep the version that was valid when they began."""
    valid_from = begins(new.valid_from, session.now)
    before = await version_at(session, new.name, valid_from)
    imported = before.definition["imported"] if before is not None else Closed()
    hours = new.model_dump(exclude={"name", "valid_from"})
    definition = Definition.model_validate(hours | {"imported": imported})
    return CalendarView.of(await add_version(session, new.name, definition, valid_from, who.subject))


@api.get("/{name}")
async def calendar(
    name: Name,
    session: Reading,
    who: MayRead,
    at: Annotated[Instant | None, Query(description="As it is valid then; now where nothing is said.")] = None,
) -> CalendarView:
    now = session.now
    at = min(at or now, now + FARTHEST)
    row = await version_at(session, name, at)
    if row is None:
        raise CalendarNotFound(f"there is no calendar {name} at that time")
    return CalendarView.of(row)


@api.post("/{name}/ical", status_code=status.HTTP_201_CREATED)
async def import_ical(name: Name, request: Request, session: Writing, who: MayAdminister) -> CalendarView:
    """Imports a file's events (RFC 5545, at most 512 KiB) as closed time from now on, in place of the last file's."""
    row = await version_at(session, name, session.now)
    if row is None:
        raise CalendarNotFound(f"there is no calendar {name} at that time")
    raw = await request.body()
    if len(raw) > LARGEST:
        raise TooLarge(f"a calendar file has at most {LARGEST} bytes")
    before = Definition.model_validate(row.definition)
    try:
        # Pure work of up to a second: not on the loop that serves everybody.
        closed = await asyncio.to_thread(read_closed, raw, before.zone, session.now)
    except Unreadable as error:
        raise UnreadableCalendarFile(str(error)) from None
    imported = Closed(days=list(closed.days), spans=list(closed.spans))
    definition = before.model_copy(update={"imported": imported})
    return CalendarView.of(await add_version(session, name, definition, session.now, who.subject))
