"""The days on which an event repeats, by the recurrence rules of RFC 5545 that calendars of closed days use. Pure.

Yearly, monthly and weekly, with INTERVAL, COUNT, UNTIL, BYMONTH, BYMONTHDAY and BYDAY. Anything else is refused: a rule
that is half understood closes the wrong days.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice, takewhile
from typing import Any

WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_PARTS = frozenset({"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYMONTH", "BYMONTHDAY", "BYDAY"})
_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Repeats:
    """`weekdays`: (which of the month, from the end where negative, 0 for each; Monday is 0)."""

    every: str
    interval: int = 1
    count: int | None = None
    months: frozenset[int] = frozenset()
    month_days: frozenset[int] = frozenset()
    weekdays: frozenset[tuple[int, int]] = frozenset()
    week_starts: int = 0


def repeats(rule: Mapping[str, Sequence[Any]]) -> Repeats:
    """Reads a rule from its parts, each with its values; UNTIL is left to the caller. Raises ValueError."""
    if unknown := sorted(set(rule) - _PARTS):
        raise ValueError(f"a repeat with {unknown[0]} is not understood")
    every = str(rule["FREQ"][0]).upper()
    if every not in {"YEARLY", "MONTHLY", "WEEKLY"}:
        raise ValueError("an event repeats yearly, monthly or weekly")
    found = Repeats(
        every=every,
        interval=int(rule.get("INTERVAL", [1])[0]),
        count=int(rule["COUNT"][0]) if "COUNT" in rule else None,
        months=frozenset(int(month) for month in rule.get("BYMONTH", [])),
        month_days=frozenset(int(day) for day in rule.get("BYMONTHDAY", [])),
        weekdays=frozenset(_weekday(str(day)) for day in rule.get("BYDAY", [])),
        week_starts=WEEKDAYS.index(str(rule.get("WKST", ["MO"])[0]).upper()),
    )
    by_day = found.month_days or found.weekdays
    if every == "WEEKLY" and (found.month_days or any(which for which, _ in found.weekdays)):
        raise ValueError("a weekly repeat names weekdays")
    if every == "YEARLY" and by_day and not found.months:
        raise ValueError("a yearly repeat on certain days names their month")
    if found.interval < 1 or (found.count is not None and found.count < 1):
        raise ValueError("a repeat has a count and an interval of at least one")
    return found


def days(of: Repeats, first: date, until: date) -> Iterator[date]:
    """The days of an event that begins on `first`, as far as `until`."""
    found = _weekly(of, first) if of.every == "WEEKLY" else _by_month(of, first, until)
    bounded = takewhile(lambda day: day <= until, (day for day in found if day >= first))
    return bounded if of.count is None else islice(bounded, of.count)


def _weekly(of: Repeats, first: date) -> Iterator[date]:
    wanted = {weekday for _, weekday in of.weekdays} or {first.weekday()}
    monday = first - timedelta(days=(first.weekday() - of.week_starts) % 7)
    while True:
        week = (monday + timedelta(days=n) for n in range(7))
        yield from (day for day in week if day.weekday() in wanted)
        monday += of.interval * _WEEK


def _by_month(of: Repeats, first: date, until: date) -> Iterator[date]:
    if of.every == "YEARLY":
        months = sorted(of.months) or [first.month]
        pairs = ((year, month) for year in range(first.year, until.year + 1, of.interval) for month in months)
    else:
        begin, end = first.year * 12 + first.month - 1, until.year * 12 + until.month
        numbered = (divmod(n, 12) for n in range(begin, end, of.interval))
        pairs = ((year, month + 1) for year, month in numbered if not of.months or month + 1 in of.months)
    for year, month in pairs:
        yield from _in_month(of, year, month, first.day)


def _in_month(of: Repeats, year: int, month: int, usual: int) -> Iterator[date]:
    length = monthrange(year, month)[1]
    for number in range(1, length + 1):
        day = date(year, month, number)
        if not of.month_days and not of.weekdays:
            fits = number == usual
        else:
            fits = not of.month_days or bool(of.month_days & {number, number - length - 1})
            places = {0, (number - 1) // 7 + 1, -((length - number) // 7 + 1)}
            fits &= not of.weekdays or any(w == day.weekday() and which in places for which, w in of.weekdays)
        if fits:
            yield day


def _weekday(text: str) -> tuple[int, int]:
    """`MO` or `-1MO`."""
    which = int(text[:-2]) if text[:-2] else 0
    if not -5 <= which <= 5:
        raise ValueError("a month has no such weekday")
    return which, WEEKDAYS.index(text[-2:].upper())
