"""Figures as people read them, in their language. Pure."""

from __future__ import annotations

from datetime import datetime
from gettext import NullTranslations
from zoneinfo import ZoneInfo

from services.commitments.scorecard.views import ShareView
from shared.spoken import speak_day

DAY, HOUR, MINUTE = 86_400, 3_600, 60


def number(value: float, language: str, places: int = 0) -> str:
    """A number: `1,234` and `3.1`; in Vietnamese `1.234` and `3,1`."""
    said = f"{value:,.{places}f}"
    if places and said.endswith("." + "0" * places):
        said = said[: -places - 1]
    return said.translate(str.maketrans(",.", ".,")) if language == "vi" else said


def percent(value: float | None, language: str) -> str:
    """A share in percent: `82%`. What is not quite all is not called all, nor what is not quite nothing nothing."""
    if value is None:
        return "–"
    whole = round(value * 100)
    if (whole == 100 and value < 1) or (whole == 0 and value > 0):
        return number(min(max(value * 100, 0.1), 99.9), language, 1) + "%"
    return f"{whole}%"


def interval(share: ShareView, language: str) -> str:
    """An interval: `78–86%`, or a dash of nothing."""
    if share.low is None or share.high is None:
        return "–"
    return f"{round(share.low * 100)}–{round(share.high * 100)}%"


def span(seconds: float | None, words: NullTranslations, language: str) -> str:
    """A length of time: `3.1 days`, `20 hours`, `45 minutes`: two figures at most."""
    if seconds is None:
        return "–"
    size = next((one for one in (DAY, HOUR) if seconds >= one), MINUTE)
    amount = seconds / size
    said = number(amount, language, 1 if amount < 10 else 0)
    many = 1 if said == "1" else 2  # whatever is not one in figures is several, 0.5 too
    if size == DAY:
        spoken = words.ngettext("%(n)s day", "%(n)s days", many)
    elif size == HOUR:
        spoken = words.ngettext("%(n)s hour", "%(n)s hours", many)
    else:
        spoken = words.ngettext("%(n)s minute", "%(n)s minutes", many)
    return spoken % {"n": said}


def day(at: datetime, zone: str, language: str) -> str:
    """A day: `6 May 2026`, `6/5/2026`."""
    return speak_day(at.astimezone(ZoneInfo(zone)).date(), "d/M/yyyy" if language == "vi" else "d MMMM yyyy", language)
