"""Versions of calendars in their table. A version is never changed: what was valid then counts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlmodel import col, select

from services.commitments.calendars.hours import open_between
from services.commitments.calendars.model import Calendar
from services.commitments.calendars.schemas import Definition, calendar_from
from services.commitments.errors import NeverOpen
from services.commitments.tables import CalendarRow
from shared.database import ReadSession, WriteSession

LEAST_OPEN = timedelta(hours=1)
"""In the first year of a calendar. With less, clocks that count in it would hardly run."""

_AT = text("""
    SELECT definition::text FROM calendar WHERE name = :name AND valid_from <= :at
    ORDER BY valid_from DESC, id DESC LIMIT 1
""")


async def calendar_at(session: ReadSession, name: str, at: datetime) -> Calendar | None:
    """The calendar as it is valid at an instant; None where there is none yet."""
    found = (await session.execute(_AT, {"name": name, "at": at})).scalar_one_or_none()
    return None if found is None else calendar_from(found)


async def version_at(session: ReadSession, name: str, at: datetime) -> CalendarRow | None:
    newest = (col(CalendarRow.valid_from).desc(), col(CalendarRow.id).desc())
    query = select(CalendarRow).where(CalendarRow.name == name, col(CalendarRow.valid_from) <= at)
    return (await session.exec(query.order_by(*newest).limit(1))).one_or_none()


async def versions(session: ReadSession) -> Sequence[CalendarRow]:
    """Every version there is and was, by name, the newest first."""
    newest = (col(CalendarRow.valid_from).desc(), col(CalendarRow.id).desc())
    return (await session.exec(select(CalendarRow).order_by(col(CalendarRow.name), *newest))).all()


async def add_version(
    session: WriteSession, name: str, definition: Definition, valid_from: datetime, by: str
) -> CalendarRow:
    """Raises NeverOpen where the calendar has no open hour in the year that begins then."""
    year = open_between(definition.calendar(), valid_from, valid_from + timedelta(days=365))
    if year < LEAST_OPEN:
        raise NeverOpen("the calendar has no open hour in its first year")
    row = CalendarRow(name=name, definition=definition.model_dump(mode="json"), valid_from=valid_from, set_by=by)
    session.add(row)
    await session.flush()
    return row
