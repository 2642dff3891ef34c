"""The links by which a customer acts without a login, and what stands in their place wherever texts are kept.

Whoever holds such a link acts as the customer. So it is made when a message is handed over, for that message alone;
what is stored, told or logged of it names the page and the id. Readers of what was stored before do the same to it.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID

from shared.clock import Clock
from shared.security.links import Links
from shared.security.spelling import read_urlsafe
from shared.settings import ServiceSettings


class CustomerPage(StrEnum):
    """A page that a customer opens by a link. The value is the purpose that its links are signed for."""

    PROMISE = "promise"
    TASK = "task"
    SURVEY = "survey"

    @property
    def path(self) -> str:
        return PATHS[self]


PATHS = {
    CustomerPage.PROMISE: "/commitments/p/",
    CustomerPage.TASK: "/commitments/t/",
    CustomerPage.SURVEY: "/feedback/s/",
}
SESSION_PATH = "/intake/session/"
"""Where a one-time link opens a session of staff: no customer's, and as little to be kept."""


class Mention(NamedTuple):
    """A mention of a link at a place in a text. As text it opens nothing."""

    page: str
    id: UUID

    def __str__(self) -> str:
        return f"[link: {self.page} {self.id}]"


class CustomerLinks:
    """Makes the links. One ends at an instant, so that every attempt to send a message says the same."""

    def __init__(self, settings: ServiceSettings, clock: Clock) -> None:
        self._of = {page: Links(settings, clock, page) for page in CustomerPage}

    def url(self, page: CustomerPage, id: UUID, ends: datetime) -> str:  # noqa: A002
        return self._of[page].url_until(page.path, id, ends)

    def fill(self, text: str, mentions: Collection[Mention], ends: datetime) -> str:
        """The text with links in place of these mentions; others, which somebody wrote, stay as they are."""
        for page, id_ in mentions:
            text = text.replace(str(Mention(page, id_)), self.url(CustomerPage(page), id_, ends))
        return text


_NAMES = {path.strip("/"): page.value for page, path in PATHS.items()} | {SESSION_PATH.strip("/"): "session"}
_HINTS = tuple({path.split("/")[0] for path in _NAMES} | {"session"})
_SLASH = r"(?:/|\\/|%2[Ff])"
_PATH = "|".join(path.replace("/", _SLASH) for path in _NAMES)
_LINK = re.compile(
    rf"(?:https?:(?:[^\s\"'<>\[\]()]){{1,200}}?)?{_SLASH}(?P<path>{_PATH}){_SLASH}(?P<token>[A-Za-z0-9_-]{{56}})"
)
_FIELD = re.compile(r'"link":\s*"[^"\\]*"')


def masked(text: str) -> str:
    """The text with each of our links replaced by its mention; the very same text where there is none."""
    if not any(hint in text for hint in _HINTS):
        return text
    return _LINK.sub(_named, text) if _LINK.search(text) else text


def masked_event(data: str) -> str:
    """An event's JSON without links: null in its own field, named in texts."""
    if (found := masked(data)) is data:
        return data
    return masked(_FIELD.sub('"link":null', data)) if '"link"' in found else found


def _named(link: re.Match[str]) -> str:
    return str(_mention(link))


def _mention(link: re.Match[str]) -> Mention:
    path = re.sub(_SLASH, "/", link["path"])
    return Mention(_NAMES[path], UUID(bytes=read_urlsafe(link["token"])[:16]))


def mention(link: Any) -> Mention | None:
    """The mention in the details of a message: `{"page": ..., "id": ...}`, or, in old ones, the link itself."""
    if isinstance(link, dict):
        return Mention(CustomerPage(link["page"]), UUID(str(link["id"])))
    found = _LINK.search(link) if isinstance(link, str) else None
    return _mention(found) if found else None
