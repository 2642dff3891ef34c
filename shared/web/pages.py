"""Pages rendered on the server: Jinja2 with autoescape, a strict policy on what a page may load."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_datetime
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


PATTERNS = {"en": "HH:mm, EEEE d MMMM yyyy", "vi": "HH:mm, EEEE 'ngày' d MMMM 'năm' yyyy"}
"""How a customer reads an instant, by language."""


def speak_time(at: datetime, zone: str, language: str) -> str:
    """An instant as a customer reads it: absolute, in their zone, with the zone's offset."""
    local = at.astimezone(ZoneInfo(zone))
    return f"{format_datetime(local, PATTERNS.get(language, PATTERNS['en']), locale=language)} ({speak_offset(local)})"


def speak_briefly(at: datetime, zone: str, language: str) -> str:
    """The same for a dense table that names its zone once: `14:05 Wed 6 May`."""
    return format_datetime(at.astimezone(ZoneInfo(zone)), "HH:mm EEE d MMM", locale=language)


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
