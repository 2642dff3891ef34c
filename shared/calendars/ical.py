"""Closed time from an iCalendar file (RFC 5545). Pure; what is in it may be hostile.

All-day events close days, timed ones close instants, and repeats count for five years. A time without a zone is that
of the calendar it closes. Definitions of zones are left out: a zone is known by its name or not at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from icalendar import Calendar as File
from icalendar.parser import Contentlines

from shared.calendars.model import Span
from shared.calendars.repeats import days, repeats

LARGEST = 512 * 1024
"""Bytes of a file. A country's holidays for five years are a tenth of it."""

LINES = 20_000
EVENTS = 1_000
REPEATING = 200
CLOSED = 2_000
"""Times that a file may close, each repeat counted."""

STEPS = 20_000
"""Repeats that may be looked at, those of the past included: what a hostile rule costs at most."""

AHEAD = timedelta(days=5 * 366)
OLDEST = date(1970, 1, 1)
LONGEST = timedelta(days=366)

_DAY = timedelta(days=1)

_Event = Any
"""A component of the library, whose properties are of thirty types; what is none of ours raises one way or another."""


class Unreadable(ValueError):
    """The file is no calendar, or asks for more than may be asked for."""


@dataclass(frozen=True, slots=True)
class ClosedTime:
    """Closed time: whole days, the first and the last of each, and spans of instants, in order and apart."""

    days: Sequence[tuple[date, date]]
    spans: Sequence[Span]


@dataclass(slots=True)
class _Reading:
    """The state of reading one file. `moved`: starts that another event of the same UID has replaced."""

    zone: ZoneInfo
    since: datetime
    until: datetime
    moved: set[tuple[str, date]] = field(default_factory=set)
    steps: int = 0

    def step(self) -> None:
        self.steps += 1
        if self.steps > STEPS:
            raise Unreadable("the file's events repeat too often")


def read_closed(raw: bytes, zone: str, now: datetime) -> ClosedTime:
    """Reads the closed time of a file, from a day before `now` to five years ahead. Raises Unreadable."""
    reading = _Reading(ZoneInfo(zone), now - _DAY, now + AHEAD)
    try:
        events = _events(raw)
        reading.moved = {
            (str(e.get("UID")), _local(e["RECURRENCE-ID"], reading.zone)[0]) for e in events if "RECURRENCE-ID" in e
        }
        found: list[tuple[Any, Any]] = list(islice((span for e in events for span in _closed(e, reading)), CLOSED + 1))
    except Unreadable:
        raise
    except (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError, OSError) as error:
        # The library says so in many ways, and what it says repeats the file.
        raise Unreadable(f"the file cannot be read as iCalendar: {type(error).__name__}") from None
    if len(found) > CLOSED:
        raise Unreadable(f"the file closes more than {CLOSED} times")
    spans = joined((a.astimezone(UTC), b.astimezone(UTC)) for a, b in found if isinstance(a, datetime))
    whole = joined((a, b) for a, b in found if not isinstance(a, datetime))
    return ClosedTime([(a, b - _DAY) for a, b in whole], spans)


def joined(spans: Iterable[tuple[Any, Any]]) -> list[tuple[Any, Any]]:
    """The spans in order, those that touch or overlap made one."""
    made: list[tuple[Any, Any]] = []
    for since, until in sorted(spans):
        if made and since <= made[-1][1]:
            made[-1] = (made[-1][0], max(made[-1][1], until))
        else:
            made.append((since, until))
    return made


def _events(raw: bytes) -> list[_Event]:
    if raw.count(b"\n") > LINES:
        raise Unreadable(f"a calendar file has at most {LINES} lines")
    kept, inside = [], False
    for line in Contentlines.from_ical(raw):  # type: ignore[no-untyped-call]
        name = line.strip().upper()
        inside = inside or name == "BEGIN:VTIMEZONE"
        if not inside:
            kept.append(line)
        inside = inside and name != "END:VTIMEZONE"
    file = File.from_ical("\r\n".join(kept))
    if file.name != "VCALENDAR":
        raise Unreadable("the file is no VCALENDAR")
    events = [part for part in file.subcomponents if part.name == "VEVENT"]
    if len(events) > EVENTS:
        raise Unreadable(f"a calendar file has at most {EVENTS} events")
    if sum("RRULE" in event for event in events) > REPEATING:
        raise Unreadable(f"a calendar file has at most {REPEATING} events that repeat")
    return events


def _closed(event: _Event, reading: _Reading) -> Iterator[tuple[date, date]]:
    """The days (until the one after the last), or the instants in wall time of its zone, that an event closes."""
    if str(event.get("STATUS", "")).upper() == "CANCELLED":
        return
    first, zone = _local(event["DTSTART"], reading.zone)
    length = _length(event, first, zone)
    if _day(first) < OLDEST:
        raise Unreadable(f"an event begins before {OLDEST.year}")
    if length > LONGEST:
        raise Unreadable("an event is longer than a year")
    for start in _starts(event, first, zone, reading):
        begins = start.replace(tzinfo=zone).astimezone(UTC) if isinstance(start, datetime) else start
        ends = begins + length
        if _day(ends) >= reading.since.date() and _day(begins) <= reading.until.date() and ends > begins:
            yield begins, ends


def _starts(event: _Event, first: date, zone: ZoneInfo, reading: _Reading) -> Iterator[date]:
    """The starts of an event, each once: its own, its repeats, and the dates added, without those taken away."""
    uid = str(event.get("UID"))
    gone = set(_listed(event, "EXDATE", first, zone))
    if "RECURRENCE-ID" not in event:
        gone |= {start for moved_uid, start in reading.moved if moved_uid == uid}
    starts = {first, *_listed(event, "RDATE", first, zone), *_repeated(event, first, zone, reading)}
    yield from sorted(starts - gone)


def _repeated(event: _Event, first: date, zone: ZoneInfo, reading: _Reading) -> Iterator[date]:
    if "RRULE" not in event:
        return
    rule = {str(name).upper(): value for name, value in event["RRULE"].items()}
    until = reading.until.date()
    if "UNTIL" in rule:
        last = rule["UNTIL"][0]
        last = last.astimezone(zone) if isinstance(last, datetime) and last.tzinfo else last
        until = min(until, _day(last))
    try:
        understood = repeats(rule)
    except ValueError as error:
        raise Unreadable(str(error)) from None
    for day in days(understood, _day(first), until):
        reading.step()
        yield datetime.combine(day, first.time()) if isinstance(first, datetime) else day


def _length(event: _Event, first: date, zone: ZoneInfo) -> timedelta:
    """The length of an event. Where none is said it is a day for a date, and nothing for a time."""
    if "DTEND" in event:
        end, end_zone = _local(event["DTEND"], zone)
        if isinstance(first, datetime) and isinstance(end, datetime):
            length = end.replace(tzinfo=end_zone).astimezone(UTC) - first.replace(tzinfo=zone).astimezone(UTC)
        else:
            length = end - first
    elif "DURATION" in event:
        length = event["DURATION"].dt
    else:
        length = timedelta() if isinstance(first, datetime) else _DAY
    if length < timedelta():
        raise Unreadable("an event ends before it begins")
    return length if isinstance(first, datetime) else max(timedelta(days=length.days), _DAY)


def _listed(event: _Event, name: str, first: date, zone: ZoneInfo) -> Iterator[date]:
    held = event.get(name, [])
    for dates in held if isinstance(held, list) else [held]:
        for one in dates.dts:
            found = one.dt.astimezone(zone).replace(tzinfo=None) if getattr(one.dt, "tzinfo", None) else one.dt
            if isinstance(first, datetime) and not isinstance(found, datetime):
                found = datetime.combine(found, first.time())
            yield found if isinstance(first, datetime) else _day(found)


def _local(value: Any, default: ZoneInfo) -> tuple[date, ZoneInfo]:
    """The day or wall time of a property, and its zone. Raises Unreadable for a zone that is not known."""
    at = value.dt
    if isinstance(at, datetime) and at.tzinfo is not None:
        zone = at.tzinfo if isinstance(at.tzinfo, ZoneInfo) else ZoneInfo("UTC")
        return at.astimezone(zone).replace(tzinfo=None), zone
    if isinstance(at, datetime) and "TZID" in value.params:
        raise Unreadable("an event is in a zone that is not known")
    if not isinstance(at, date):
        raise Unreadable("an event begins and ends on a day or at a time")
    return at, default


def _day(at: date) -> date:
    return at.date() if isinstance(at, datetime) else at
