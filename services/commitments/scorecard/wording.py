"""Figures as people read them, in their language. Pure."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from services.commitments.scorecard.views import ShareView
from shared.spoken import speak_day

UNITS = ((86_400, "days", "ngày"), (3_600, "hours", "giờ"), (60, "minutes", "phút"))


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


def span(seconds: float | None, language: str) -> str:
    """A length of time: `3.1 days`, `20 hours`, `45 minutes`: two figures at most."""
    if seconds is None:
        return "–"
    for size, english, vietnamese in UNITS:
        if seconds >= size or size == 60:
            amount = seconds / size
            said = number(amount, language, 1 if amount < 10 else 0)
            word = vietnamese if language == "vi" else english.removesuffix("s") if said == "1" else english
            return f"{said} {word}"
    raise AssertionError("there is a smallest unit")


def day(at: datetime, zone: str, language: str) -> str:
    """A day: `6 May 2026`, `6/5/2026`."""
    return speak_day(at.astimezone(ZoneInfo(zone)).date(), "d/M/yyyy" if language == "vi" else "d MMMM yyyy", language)
