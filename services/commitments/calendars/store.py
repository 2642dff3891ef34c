"""Versions of calendars in their table. A version is never changed: what was valid then counts."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache

from sqlalchemy import text
from sqlmodel import col, select

from services.commitments.calendars.schemas import Definition, calendar_from
from services.commitments.errors import NeverOpen
from services.commitments.tables import CalendarRow
from shared.calendars.hours import open_between
from shared.calendars.model import Calendar
from shared.database import ReadSession, WriteSession

LEAST_OPEN = timedelta(hours=1)
"""In the first year of a calendar. With less, clocks that count in it would hardly run."""

_OF = text("""
    SELECT name, valid_from, definition::text AS definition FROM calendar
    WHERE name = ANY(CAST(:names AS text[])) ORDER BY name, valid_from DESC, id DESC
""")


class Calendars:
    """Every version of some calendars, in memory."""

    def __init__(self, versions: Mapping[str, Sequence[tuple[datetime, str]]]) -> None:
        """`versions` are (valid from, definition) by name, the newest first."""
        self._versions = versions

    def at(self, name: str, at: datetime) -> Calendar | None:
        """The calendar as it is valid at an instant; None where there is none yet."""
        return next((_read(text) for since, text in self._versions.get(name, ()) if since <= at), None)


_read = lru_cache(maxsize=256)(calendar_from)


async def load(session: ReadSession, names: Collection[str]) -> Calendars:
    """Loads calendars by name in one statement, or none where no calendar is named."""
    found: dict[str, list[tuple[datetime, str]]] = {}
    for row in await session.execute(_OF, {"names": sorted(names)}) if names else ():
        found.setdefault(row.name, []).append((row.valid_from, row.definition))
    return Calendars(found)


async def version_at(session: ReadSession, name: str, at: datetime) -> CalendarRow | None:
    newest = (col(CalendarRow.valid_from).desc(), col(CalendarRow.id).desc())
    query = select(CalendarRow).where(CalendarRow.name == name, col(CalendarRow.valid_from) <= at)
    return (await session.exec(query.order_by(*newest).limit(1))).one_or_none()


async def versions(session: ReadSession) -> Sequence[CalendarRow]:
    """The calendars with all their versions, by name, the newest first."""
    newest = (col(CalendarRow.valid_from).desc(), col(CalendarRow.id).desc())
    return (await session.exec(select(CalendarRow).order_by(col(CalendarRow.name), *newest))).all()


async def add_version(
    session: WriteSession, name: str, definition: Definition, valid_from: datetime, by: str
) -> CalendarRow:
    """Stores a version. Raises NeverOpen where the calendar has no open hour in the year that begins then."""
    year = open_between(definition.calendar(), valid_from, valid_from + timedelta(days=365))
    if year < LEAST_OPEN:
        raise NeverOpen("the calendar has no open hour in its first year")
    row = CalendarRow(name=name, definition=definition.model_dump(mode="json"), valid_from=valid_from, set_by=by)
    session.add(row)
    await session.flush()
    return row
