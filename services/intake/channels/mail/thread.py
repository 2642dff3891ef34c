"""References of a mail to those before it: Message-IDs, and marks of ours."""

from __future__ import annotations

import re
from collections.abc import Iterable

from services.intake.channels.mail.headers import Headers
from shared.security.marks import MARK

MOST_REFERENCES = 20
MOST_MARKS = 10

_ID = re.compile(r"<([^<>]{1,990})>")
_ADDRESSEES = ("to", "cc", "delivered-to", "x-original-to")
_ANSWERED = ("in-reply-to", "references")


def message_id(value: str) -> str | None:
    """The one form of a Message-ID, also where it stands without its brackets: `<id>`."""
    found = _ids(value)
    return found[0] if found else None


def _ids(value: str) -> list[str]:
    found = ["".join(one.split()) for one in _ID.findall(value)]
    if not found and 0 < len(value.strip()) <= 990 and len(value.split()) == 1:
        found = [value.strip().strip("<>")]
    return [f"<{one}>" for one in found if one]


def references(headers: Headers) -> tuple[str, ...]:
    """What In-Reply-To names, then what References does, the last ones of each."""
    named = [_ids(" ".join(headers.all(name)))[-MOST_REFERENCES:] for name in _ANSWERED]
    return tuple(dict.fromkeys(one for ids in named for one in ids))


def marks(headers: Headers, text: str | None, *others: str) -> tuple[str, ...]:
    """What may be a mark of ours, in the addressees, in what it answers, in its text: whose it is shows later."""
    places = [one for name in (*_ADDRESSEES, *_ANSWERED) for one in headers.all(name)]
    found: dict[str, None] = {}
    for mark in _found((*places, *others, text or "")):
        found[mark] = None
        if len(found) >= MOST_MARKS:
            break
    return tuple(found)


def _found(places: Iterable[str]) -> Iterable[str]:
    return (mark[0].lower() for place in places for mark in MARK.finditer(place))
