"""Pages rendered on the server: Jinja2 with autoescape. What a page may load is said by `shared.middleware`."""

from __future__ import annotations

from pathlib import Path
from types import CodeType
from typing import Any
from urllib.parse import parse_qs

from fastapi import Request
from fastapi.responses import HTMLResponse, JSONResponse, Response
from jinja2 import BytecodeCache, Environment, FileSystemLoader, StrictUndefined
from jinja2.bccache import Bucket

from shared.problems import Problem
from shared.spoken import speak_briefly, speak_time, speak_whole_day
from shared.web.words import translator

HERE = Path(__file__).parent
STYLE = (HERE / "style.css").read_text()


def address(href: object) -> str:
    """A link a page may carry: a path of ours, web, mail or telephone. Anything else leads nowhere (`#`)."""
    href = str(href)
    ours = href.startswith(("/", "?", "#")) and not href.startswith(("//", "/\\"))
    return href if ours or href.startswith(("https://", "http://", "mailto:", "tel:")) else "#"


class _Compiled(BytecodeCache):
    """The templates that this process has compiled: services share the frame, which takes a tenth of a second."""

    def __init__(self) -> None:
        self._code: dict[tuple[str, str], CodeType | None] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._code.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._code[bucket.key, bucket.checksum] = bucket.code


_compiled = _Compiled()


class Pages:
    """Templates of one service, over the shared frame. `directory` is the service's `pages/`."""

    def __init__(self, *directories: Path) -> None:
        self._environment = Environment(
            loader=FileSystemLoader([*directories, HERE]),
            bytecode_cache=_compiled,
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters.update(when=speak_time, brief=speak_briefly, day=speak_whole_day, address=address)
        self._environment.globals["style"] = STYLE

    def render(self, template: str, *, language: str = "en", status: int = 200, **values: Any) -> HTMLResponse:
        html = self._environment.get_template(template).render(lang=language, t=translator(language), **values)
        return HTMLResponse(html, status_code=status)


_problems = Pages()


def chosen_language(request: Request) -> str | None:
    """The language in the address (`?lang=vi`), where it is one of ours."""
    asked = parse_qs(request.scope.get("query_string", b"").decode("latin-1")).get("lang", [""])[0]
    return asked if asked in {"vi", "en"} else None


def language_query(request: Request) -> str:
    """The query string that keeps that language in the next address, or nothing."""
    chosen = chosen_language(request)
    return f"?lang={chosen}" if chosen else ""


def wants_page(request: Request) -> bool:
    """Tells whether a person looks at the answer in a browser."""
    return "text/html" in request.headers.get("accept", "")


def answer_problem(request: Request, problem: Problem) -> Response:
    """A problem as a document, or as a page where a person looks at it."""
    if wants_page(request):
        return problem_page(request, problem)
    document = problem.document()
    return JSONResponse(document, problem.status, headers=problem.headers, media_type="application/problem+json")


def problem_page(request: Request, problem: Problem) -> HTMLResponse:
    """A problem in plain words, in the language of the address, else the browser's."""
    spoken = chosen_language(request) or request.headers.get("accept-language", "").lower()[:2]
    language = "vi" if spoken == "vi" else "en"
    page = _problems.render("problem.html", language=language, status=problem.status, problem=problem)
    page.headers.update(problem.headers)
    return page
