"""Pages rendered on the server: Jinja2 with autoescape, a strict policy on what a page may load."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date
from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from shared.problems import Problem
from shared.web.words import translator

HERE = Path(__file__).parent
STYLE = (HERE / "style.css").read_text()

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; script-src 'self'; "
    "img-src 'self' data:; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


DAYS = {"en": "EEEE d MMMM yyyy", "vi": "EEEE 'ngày' d MMMM 'năm' yyyy"}
BRIEF_DAYS = {"en": "EEE d MMM yyyy", "vi": "EEE, d/M/yyyy"}


@lru_cache(maxsize=4096)
def speak_day(day: date, pattern: str, language: str) -> str:
    """Remembered, because a page of 200 rows names few days and Babel takes its time for each."""
    return format_date(day, pattern, locale=language)


def speak_time(at: datetime, zone: str, language: str) -> str:
    """An instant as a customer reads it: absolute, in their zone, with the zone's offset."""
    local = at.astimezone(ZoneInfo(zone))
    return f"{local:%H:%M}, {speak_day(local.date(), DAYS.get(language, DAYS['en']), language)} ({speak_offset(local)})"


def speak_briefly(at: datetime, zone: str, language: str) -> str:
    """The same for dense pages that name their zone once: `14:05 Wed 6 May 2026`, `14:05 Th 4, 6/5/2026`."""
    local = at.astimezone(ZoneInfo(zone))
    return f"{local:%H:%M} {speak_day(local.date(), BRIEF_DAYS.get(language, BRIEF_DAYS['en']), language)}"


def speak_offset(local: datetime) -> str:
    """`GMT+7`, `GMT+5:45`, `GMT-4`: Babel does not write this form (its pattern letter O gives None)."""
    minutes = round((local.utcoffset() or timedelta()) / timedelta(minutes=1))
    hours, rest = divmod(abs(minutes), 60)
    sign = "-" if minutes < 0 else "+"
    return f"GMT{sign}{hours}" + (f":{rest:02}" if rest else "")


def address(href: object) -> str:
    """A link a page may carry: a path of ours, web, mail or telephone. Anything else leads nowhere (`#`)."""
    href = str(href)
    ours = href.startswith(("/", "?", "#")) and not href.startswith(("//", "/\\"))
    return href if ours or href.startswith(("https://", "http://", "mailto:", "tel:")) else "#"


class Pages:
    """Templates of one service, over the shared frame. `directory` is the service's `pages/`."""

    def __init__(self, *directories: Path) -> None:
        self._environment = Environment(
            loader=FileSystemLoader([*directories, HERE]),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters.update(when=speak_time, brief=speak_briefly, address=address)
        self._environment.globals["style"] = STYLE

    def render(self, template: str, *, language: str = "en", status: int = 200, **values: Any) -> HTMLResponse:
        html = self._environment.get_template(template).render(lang=language, t=translator(language), **values)
        return HTMLResponse(html, status_code=status, headers=HEADERS)


_problems = Pages()


def problem_page(request: Request, problem: Problem) -> HTMLResponse:
    """A problem in plain words, in the browser's language."""
    language = "vi" if request.headers.get("accept-language", "").lower().startswith("vi") else "en"
    page = _problems.render("problem.html", language=language, status=problem.status, problem=problem)
    page.headers.update(problem.headers)
    return page
