"""Readers of values that strangers wrote: each takes anything and gives the value, or None, or Unreadable."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, TypeGuard

from services.intake.channels.items import Item, Unread
from services.intake.channels.provider import Unreadable
from shared.instants import EARLIEST, LATEST
from shared.texts import clean

MOST_PARTS = 1000
"""Parts of one item that are looked at: its files, its buttons. Of the items of a batch none is passed by."""

_LATEST = datetime(2100, 1, 1, tzinfo=UTC).timestamp()
_FIRST_OF_NEXT_UNIT = 1e11
"""From here on a number is of the next smaller unit: as seconds it would be in the year 5138."""
_MOST_NANOSECONDS = _LATEST * 1e9
_DIGITS = re.compile(r"[0-9]{1,19}(\.[0-9]{1,9})?", re.ASCII)


def json_value(body: bytes | str) -> Any:
    """Whatever JSON it is. Raises Unreadable. A line break inside a string is let pass: templates write them."""
    try:
        return json.loads(body, strict=False)
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"not JSON: {type(error).__name__}") from error


def json_object(body: bytes | str) -> dict[str, Any]:
    """Raises Unreadable for what is not a JSON object."""
    found = json_value(body)
    if not isinstance(found, dict):
        raise Unreadable(f"a JSON object was expected, not {type(found).__name__}")
    return found


def dict_of(value: object) -> dict[str, Any]:
    """The object, or an empty one."""
    return value if isinstance(value, dict) else {}


def dicts_of(value: object) -> list[dict[str, Any]]:
    """The objects in a list that is a part of one item, MOST_PARTS at most."""
    return [one for one in value[:MOST_PARTS] if isinstance(one, dict)] if isinstance(value, list) else []


def each_of(value: object, read: Callable[[dict[str, Any]], Sequence[Item]]) -> list[Item]:
    """The items of a batch, each object of the list read by itself.

    What is no object, or what `read` finds Unreadable, is Unread and holds up no other. Every one is read: the worker
    files them a page at a time. A fault that many of them share is said once.
    """
    items: list[Item] = []
    for one in value if isinstance(value, list) else ():
        try:
            items += read(one) if isinstance(one, dict) else [Unread("an item that is no object")]
        except Unreadable as error:
            items.append(Unread(str(error)))
    return said_once(items)


def unknown(what: str, kind: object) -> Unreadable:
    """To be raised where a provider sends a kind that nobody knows yet: it waits in quarantine under its name."""
    name = identifier(kind)
    return Unreadable(f"{what} of a kind that is not known" + (f": {clean(name)[:60]}" if name else ""))


def said_once(items: Iterable[Item]) -> list[Item]:
    """The same items, but each fault once, however many have it."""
    faults: dict[str, Item] = {}
    return [one for one in items if not isinstance(one, Unread) or faults.setdefault(one.reason, one) is one]


def listed(value: object, what: str) -> list[Any]:
    """The list that must be there. Raises Unreadable: what came without it would be passed by in silence."""
    if not isinstance(value, list):
        raise Unreadable(f"there are no {what}")
    return value


def is_among(value: object, known: Collection[str]) -> TypeGuard[str]:
    """Whether it is one of these words; it may be anything."""
    return isinstance(value, str) and value in known


def kinds(*lines: str, of: str = "") -> frozenset[str]:
    """The kinds that a provider names, many in a line; `of` stands before each."""
    return frozenset(of + name for name in " ".join(lines).split())


def text(value: object) -> str | None:
    """A string with something in it."""
    return value if isinstance(value, str) and value.strip() else None


def identifier(value: object) -> str | None:
    """An id as text, whether it was written as text or as a whole number."""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**63:
        return str(value)
    return text(value)


def number(value: object, *, most: int = 2**31 - 1) -> int | None:
    """A whole number from 0 to `most`, also where it is written as text."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 10:
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= most else None


def instant(value: object) -> datetime | None:
    """When: since 1970 in seconds, milliseconds, microseconds or nanoseconds, or as ISO 8601; None for anything else.

    Providers change their unit between versions, products and test buttons, and write numbers as text, so it is read
    off the size: up to the year 2100 no two units meet after March 1973. Without a zone ISO 8601 is UTC.
    """
    figure = _figure(value)
    if figure is None:
        return _iso(value.strip().removesuffix(" UTC")) if isinstance(value, str) else None
    while figure >= _FIRST_OF_NEXT_UNIT:
        figure /= 1000
    return datetime.fromtimestamp(figure, UTC) if 0 < figure < _LATEST else None


def _figure(value: object) -> float | None:
    if isinstance(value, str) and _DIGITS.fullmatch(value):
        return float(value)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and 0 < value < _MOST_NANOSECONDS else None  # type: ignore[arg-type, operator]


def _iso(value: str) -> datetime | None:
    try:
        return _utc(datetime.fromisoformat(value))
    except (ValueError, OverflowError):
        return None


def mail_date(value: object) -> datetime | None:
    """RFC 5322; without a zone it is UTC."""
    try:
        return _utc(parsedate_to_datetime(value)) if isinstance(value, str) else None
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _utc(at: datetime) -> datetime:
    """Raises ValueError for what is no time of a contact, and would leave the calendar with a zone or a deadline."""
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    if not EARLIEST <= at < LATEST:
        raise ValueError("not a time of our days")
    return at.astimezone(UTC)
