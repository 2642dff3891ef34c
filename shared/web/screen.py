"""The screen of a page: its reader, language and zone, the time, and the addresses it leads to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from gettext import NullTranslations
from typing import Annotated, Any
from urllib.parse import parse_qsl, urlencode

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from shared.problems import Problem
from shared.security.access import Principal
from shared.settings import PublicSettings
from shared.translation import LANGUAGES, Language
from shared.web import navigation
from shared.web.headers import choose_language, language_of, wants_page
from shared.web.navigation import Key, Place
from shared.web.pages import Pages

ONCE = frozenset({"lang", "said"})
"""Parameters of an address that another language of the same page does not repeat."""


PARAMETERS = 50
"""Parameters of an address that its page knows of; any more are left out of the addresses on it."""


@dataclass(frozen=True)
class Screen:
    """The surroundings of one page. `path` and `asked` are its address and the parameters in it.

    `chosen` is the language in the address, `own` the reader's, `accept` what their browser says, `house` ours.
    `back` leads to the page above this one: an address and its words.
    """

    pages: Pages
    path: str
    asked: tuple[tuple[str, str], ...]
    zone: str
    now: datetime
    house: str
    accept: str = ""
    own: str | None = None
    reader: Principal | None = None
    back: tuple[str, str] | None = None

    @cached_property
    def chosen(self) -> Language | None:
        return language_of(dict(self.asked).get("lang"))

    @property
    def language(self) -> Language:
        return choose_language(self.chosen, self.own, self.accept, self.house)

    @property
    def words(self) -> NullTranslations:
        """The sentences of this page's package in its language."""
        return self.pages.words(self.language)

    @property
    def csrf(self) -> str:
        """The token for the forms of this page; empty where nobody has a session."""
        return self.reader.csrf if self.reader else ""

    @property
    def places(self) -> list[Place]:
        return navigation.places(self.reader.may) if self.reader else []

    @property
    def place(self) -> str | None:
        """The address of the place that this page belongs to."""
        return navigation.current(self.places, self.path)

    @property
    def keys(self) -> Sequence[Key]:
        return (*navigation.ANYWHERE, *navigation.LIST)

    @property
    def here(self) -> str:
        """The address of this page, without what was only said once."""
        return self.also()

    def also(self, /, **query: object) -> str:
        """The address of this page with these parameters more, empty ones left out."""
        asked = {name: value for name, value in self.asked if name not in ONCE}
        return self.link(self.path, **{**asked, **query})

    @cached_property
    def languages(self) -> dict[Language, str]:
        """The address of this page in each language."""
        kept = [(name, value) for name, value in self.asked if name not in ONCE]
        return {language: f"{self.path}?{urlencode([*kept, ('lang', language)])}" for language in LANGUAGES}

    def link(self, path: str, /, **query: object) -> str:
        """An address with these parameters, empty ones left out. It keeps the language that was chosen in this one."""
        given = {name: str(value) for name, value in query.items() if value not in (None, "")}
        if self.chosen:
            given.setdefault("lang", self.chosen)
        return f"{path}?{urlencode(given)}" if given else path

    def speaking(self, own: str | None) -> Screen:
        """The screen for somebody whose own language this is, as a customer's."""
        return replace(self, own=own)

    def at(self, path: str, /, **query: object) -> Screen:
        """The screen of another address: that of the page which shows what came of a form."""
        given = [(name, str(value)) for name, value in query.items() if value not in (None, "")]
        chosen = [("lang", self.chosen)] if self.chosen else []
        return replace(self, path=path, asked=(*given, *chosen))

    def under(self, path: str, words: str) -> Screen:
        """The screen of a page below another one, to which it leads back."""
        return replace(self, back=(self.link(path), words))

    def render(self, template: str, *, status: int = 200, **values: Any) -> HTMLResponse:
        return self.pages.render(template, language=self.language, status=status, screen=self, **values)

    def problem(self, problem: Problem) -> HTMLResponse:
        """A problem in plain words."""
        page = self.render("problem.html", status=problem.status, problem=problem)
        page.headers.update(problem.headers)
        return page

    def turn(self, path: str, /, **query: object) -> RedirectResponse:
        """The way on after a form: a page got by its own address (303), so that a reload does nothing again."""
        address, _, place = path.partition("#")
        return RedirectResponse(self.link(address, **query) + (f"#{place}" if place else ""), status_code=303)


def screen_of(request: Request, pages: Pages, settings: PublicSettings, now: datetime) -> Screen:
    """The screen of a request, with its reader where somebody was identified."""
    reader: Principal | None = getattr(request.state, "principal", None)
    return Screen(
        pages=pages,
        path=request.url.path,
        asked=_parameters(request.scope.get("query_string", b"").decode("latin-1")),
        zone=settings.default_zone,
        now=now,
        house=settings.default_language,
        accept=request.headers.get("accept-language", ""),
        own=reader.session.language if reader and reader.session else None,
        reader=reader,
    )


def _parameters(query: str) -> tuple[tuple[str, str], ...]:
    first = query.split("&", PARAMETERS)[:PARAMETERS]
    return tuple(parse_qsl("&".join(first), keep_blank_values=True))


def screen(request: Request) -> Screen:
    """The screen of a request to a service. Its `now` is that of the request's session, where it has one."""
    runtime = request.app.state.runtime
    session = getattr(request.state, "session", None)
    now = session.now if session is not None else runtime.clock.now()
    return screen_of(request, request.app.state.pages, runtime.settings, now)


def answer_problem(request: Request, problem: Problem, make: Callable[[Request], Screen] = screen) -> Response:
    """A problem as a document, or as a page where a person looks at it."""
    if wants_page(request):
        return make(request).problem(problem)
    document = problem.document()
    return JSONResponse(document, problem.status, headers=problem.headers, media_type="application/problem+json")


On = Annotated[Screen, Depends(screen)]
