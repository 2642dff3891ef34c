"""The requests and answers about calendars, and how a version is stored."""

from __future__ import annotations

from datetime import date, datetime
from functools import lru_cache
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, StringConstraints, model_validator

from services.commitments.fields import Strict
from shared.calendars.model import Calendar, Window, check_windows, holidays_of
from shared.instants import Day, Instant, Zone

CalendarName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
Wall = Annotated[str, StringConstraints(pattern=r"^(([01]\d|2[0-3]):[0-5]\d|24:00)$", max_length=5)]


class WindowIn(Strict):
    """Wall times, `08:00` to `12:00`; `24:00` is the end of the day."""

    opens: Wall
    closes: Wall

    def window(self) -> Window:
        return Window(_minutes(self.opens), _minutes(self.closes))


Windows = Annotated[list[WindowIn], Field(max_length=24)]


class OpenDay(Strict):
    """A day that is open so, whatever the week and the holidays say."""

    on: Day
    windows: Annotated[list[WindowIn], Field(min_length=1, max_length=24)]


class Hours(Strict):
    """The opening hours. A weekday that is left out is closed. `country` and `subdivision`: codes of ISO 3166."""

    zone: Zone
    week: dict[Weekday, Windows]
    country: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")] | None = None
    subdivision: Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{1,3}$")] | None = None
    closed_days: list[Day] = Field(default_factory=list, max_length=1000)
    open_days: list[OpenDay] = Field(default_factory=list, max_length=400)

    @model_validator(mode="after")
    def _holds_together(self) -> Hours:
        for windows in (*self.week.values(), *(day.windows for day in self.open_days)):
            check_windows([window.window() for window in windows])
        opened = [day.on for day in self.open_days]
        if len(set(opened)) < len(opened):
            raise ValueError("a day is among the open days twice")
        if both := sorted(set(opened) & set(self.closed_days)):
            raise ValueError(f"{both[0]} is both open and closed")
        if self.country is not None:
            holidays_of(self.country, self.subdivision, 2026)  # any year: whether the place is known
        elif self.subdivision is not None:
            raise ValueError("a subdivision needs its country")
        return self


class NewCalendar(Hours):
    """A calendar as it is from `valid_from` (now) on. What was imported into it stays."""

    name: CalendarName
    valid_from: Instant | None = None


class Closed(BaseModel):
    """Closed time from a file: whole days, the first and the last of each, and spans of instants."""

    days: list[tuple[date, date]] = Field(default_factory=list)
    spans: list[tuple[datetime, datetime]] = Field(default_factory=list)


class Definition(Hours):
    """One version of a calendar, as it is stored."""

    imported: Closed = Field(default_factory=Closed)

    def calendar(self) -> Calendar:
        return Calendar(
            zone=self.zone,
            week=tuple(_windows(self.week.get(day, [])) for day in WEEKDAYS),
            country=self.country,
            subdivision=self.subdivision,
            closed_days=frozenset(self.closed_days),
            open_days={day.on: _windows(day.windows) for day in self.open_days},
            closed_from=tuple(self.imported.days),
            closed_spans=tuple(self.imported.spans),
        )


class CalendarView(Definition):
    name: str
    valid_from: datetime
    set_by: str

    @classmethod
    def of(cls, row: Any) -> CalendarView:
        facts = {"name": row.name, "valid_from": row.valid_from, "set_by": row.set_by}
        return cls.model_validate(row.definition | facts)


@lru_cache(maxsize=64)
def calendar_from(definition: str) -> Calendar:
    """The calendar of a stored version: it never changes, so it is read once."""
    return Definition.model_validate_json(definition).calendar()


def _minutes(wall: str) -> int:
    return int(wall[:2]) * 60 + int(wall[3:])


def _windows(windows: list[WindowIn]) -> tuple[Window, ...]:
    return tuple(sorted(window.window() for window in windows))
