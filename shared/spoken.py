"""Times as people read them: absolute, in their own zone and language. Pure."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel.dates import format_date

DAYS = {"en": "EEEE d MMMM yyyy", "vi": "EEEE 'ngày' d MMMM 'năm' yyyy"}
BRIEF_DAYS = {"en": "EEE d MMM yyyy", "vi": "EEE, d/M/yyyy"}


@lru_cache(maxsize=4096)
def speak_day(day: date, pattern: str, language: str) -> str:
    """The date in words, remembered, because a page of 200 rows names few days and Babel takes its time for each."""
    return format_date(day, pattern, locale=language)


def speak_time(at: datetime, zone: str, language: str) -> str:
    """An instant as a customer reads it: absolute, in their zone, with the zone's offset."""
    local = at.astimezone(ZoneInfo(zone))
    return f"{local:%H:%M}, {speak_day(local.date(), DAYS.get(language, DAYS['en']), language)} ({speak_offset(local)})"


def speak_whole_day(at: datetime, zone: str, language: str) -> str:
    """The day of an instant in a zone, where the hour says nothing: `Wednesday 6 May 2026 (GMT+7)`."""
    local = at.astimezone(ZoneInfo(zone))
    return f"{speak_day(local.date(), DAYS.get(language, DAYS['en']), language)} ({speak_offset(local)})"


def speak_briefly(at: datetime, zone: str, language: str) -> str:
    """A time for dense pages that name their zone once: `14:05 Wed 6 May 2026`, `14:05 Th 4, 6/5/2026`."""
    local = at.astimezone(ZoneInfo(zone))
    return f"{local:%H:%M} {speak_day(local.date(), BRIEF_DAYS.get(language, BRIEF_DAYS['en']), language)}"


def speak_offset(local: datetime) -> str:
    """`GMT+7`, `GMT+5:45`, `GMT-4`: Babel does not write this form (its pattern letter O gives None)."""
    minutes = round((local.utcoffset() or timedelta()) / timedelta(minutes=1))
    hours, rest = divmod(abs(minutes), 60)
    sign = "-" if minutes < 0 else "+"
    return f"GMT{sign}{hours}" + (f":{rest:02}" if rest else "")
