"""Versions of calendars in their table. A version is never changed: what was valid then counts."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from sqlalchemy import text
from sqlmodel import col

from services.commitments.calendars.schemas import Definition, calendar_from
from services.commitments.errors import NeverOpen
from services.commitments.tables import CalendarRow
from shared.calendars.hours import open_between
from shared.calendars.model import Calendar
from shared.configuration import rows
from shared.configuration.model import latest
from shared.database import ReadSession, WriteSession

LEAST_OPEN = timedelta(hours=1)
"""In the first year of a calendar. With less, clocks that count in it would hardly run."""

_OF = text("""
    SELECT name, valid_from, definition::text AS definition FROM calendar
    WHERE name = ANY(CAST(:names AS text[])) ORDER BY valid_from, id
""")


class Stored(NamedTuple):
    """A version of a calendar as its table has it: `definition` is JSON."""

    valid_from: datetime
    definition: str


class Calendars:
    """Every version of some calendars, in memory."""

    def __init__(self, versions: Mapping[str, Sequence[Stored]]) -> None:
        """`versions` are those of each name, in the order in which they begin."""
        self._versions = versions

    def at(self, name: str, at: datetime) -> Calendar | None:
        """The calendar as it is valid at an instant; None where there is none yet."""
        version = latest(self._versions.get(name, ()), at)
        return _read(version.definition) if version is not None else None


_read = lru_cache(maxsize=256)(calendar_from)


async def load(session: ReadSession, names: Collection[str]) -> Calendars:
    """Loads calendars by name in one statement, or none where no calendar is named."""
    found: dict[str, list[Stored]] = {}
    for row in await session.execute(_OF, {"names": sorted(names)}) if names else ():
        found.setdefault(row.name, []).append(Stored(row.valid_from, row.definition))
    return Calendars(found)


async def version_at(session: ReadSession, name: str, at: datetime) -> CalendarRow | None:
    return await rows.newest(session, CalendarRow, at, col(CalendarRow.name) == name)


async def versions(session: ReadSession) -> Sequence[CalendarRow]:
    """The calendars with all their versions, by name, the newest first."""
    newest_first = reversed(await rows.history(session, CalendarRow))
    return sorted(newest_first, key=lambda version: version.name)


async def add_version(
    session: WriteSession, name: str, definition: Definition, valid_from: datetime, by: str
) -> CalendarRow:
    """Stores a version. Raises NeverOpen where the calendar has no open hour in the year that begins then."""
    year = open_between(definition.calendar(), valid_from, valid_from + timedelta(days=365))
    if year < LEAST_OPEN:
        raise NeverOpen("the calendar has no open hour in its first year")
    row = CalendarRow(name=name, definition=definition.model_dump(mode="json"), valid_from=valid_from, set_by=by)
    return await rows.add(session, row)
