"""Reading what strangers wrote: each function takes anything and gives the value, or None, or Unreadable."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from services.intake.channels.items import Item, Unread
from services.intake.channels.provider import Unreadable

MOST_ITEMS = 1000
"""Objects of one list that are looked at. Meta, whose batches are the largest, documents as many."""

_LATEST = datetime(2100, 1, 1, tzinfo=UTC).timestamp()
_DIGITS = re.compile(r"[0-9]{1,13}(\.[0-9]{1,9})?", re.ASCII)


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
    """The objects in a list, MOST_ITEMS at most."""
    return [one for one in value[:MOST_ITEMS] if isinstance(one, dict)] if isinstance(value, list) else []


def each_of(value: object, read: Callable[[dict[str, Any]], Sequence[Item]]) -> list[Item]:
    """The items of a batch, each object of the list read by itself.

    What is no object, or what `read` finds Unreadable, is Unread and holds up no other.
    """
    listed = value if isinstance(value, list) else []
    items: list[Item] = []
    for one in listed[:MOST_ITEMS]:
        try:
            if not isinstance(one, dict):
                raise Unreadable("an item that is no object")
            items += read(one)
        except Unreadable as error:
            items.append(Unread(str(error)))
    if len(listed) > MOST_ITEMS:
        items.append(Unread(f"more than {MOST_ITEMS} items"))
    return items


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


def unix_seconds(value: object) -> datetime | None:
    """Seconds since 1970, whole or not, also where they are written as text; up to the year 2100."""
    seconds = _figure(value)
    return datetime.fromtimestamp(seconds, UTC) if seconds and 0 < seconds < _LATEST else None


def unix_millis(value: object) -> datetime | None:
    """Milliseconds since 1970, also where they are written as text; up to the year 2100."""
    millis = _figure(value)
    return datetime.fromtimestamp(millis / 1000, UTC) if millis and 0 < millis < _LATEST * 1000 else None


def _figure(value: object) -> float | None:
    if isinstance(value, str) and _DIGITS.fullmatch(value):
        return float(value)
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def iso_instant(value: object) -> datetime | None:
    """ISO 8601; without a zone it is UTC."""
    try:
        return _utc(datetime.fromisoformat(value)) if isinstance(value, str) else None
    except (ValueError, OverflowError):
        return None


def mail_date(value: object) -> datetime | None:
    """RFC 5322; without a zone it is UTC."""
    try:
        return _utc(parsedate_to_datetime(value)) if isinstance(value, str) else None
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _utc(at: datetime) -> datetime:
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)


def clean(value: str) -> str:
    """As PostgreSQL and UTF-8 can hold it: no NUL, no half of a surrogate pair. The raw bytes keep the rest."""
    if "\x00" in value:
        value = value.replace("\x00", "\ufffd")
    try:
        value.encode()
    except UnicodeEncodeError:
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return value
