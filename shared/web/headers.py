"""Headers of a request that choose its answer: a page or a document, and the language. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

from starlette.requests import Request

from shared.translation import LANGUAGES, Language

WISH = re.compile(r"\s*([a-z]{2,3})(?:-[a-z0-9-]+)?(?:\s*;\s*q\s*=\s*(\d(?:\.\d{0,3})?))?\s*", re.ASCII)
"""One wish of an Accept-Language header, in lower case: the language and its weight. Read in time by its length."""

LONGEST = 1000
"""Characters of an Accept-Language header that are read, and of it the first twenty wishes."""


def wants_page(request: Request) -> bool:
    """Tells whether a person looks at the answer in a browser."""
    return "text/html" in request.headers.get("accept", "")


def language_of(said: str | None) -> Language | None:
    """The language of this code, where it is one of ours."""
    return next((one for one in LANGUAGES if one == said), None)


def choose_language(chosen: str | None, own: str | None, accept: str, house: str) -> Language:
    """The language of a page: the one chosen in its address, else the reader's own, the browser's, or the house's.

    `accept` is an Accept-Language header. A language that is none of ours counts as not said.
    """
    wishes: Iterable[str | None] = (chosen, own, *_wishes(accept), house)
    return next((known for wish in wishes if (known := language_of(wish))), LANGUAGES[0])


def _wishes(accept: str) -> list[str]:
    """The languages that a browser asks for (RFC 9110, section 12.5.4), the most wanted first."""
    found = [wish for part in accept[:LONGEST].lower().split(",")[:20] if (wish := WISH.fullmatch(part))]
    weighed = [(float(wish[2] or 1), wish[1]) for wish in found]
    return [language for weight, language in sorted(weighed, key=lambda one: -one[0]) if weight > 0]
