"""Reading what strangers wrote: each function takes anything and gives the value, or None, or Unreadable."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from services.intake.channels.provider import Unreadable

MOST_DICTS = 1000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LAST_SECOND = 253_402_300_799
"""Of the year 9999, which is where Python's time ends."""


def json_value(body: str | bytes) -> Any:
    """Raises Unreadable for what is not JSON."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"not JSON: {type(error).__name__}") from error


def json_object(body: str | bytes) -> dict[str, Any]:
    """Raises Unreadable for what is not a JSON object."""
    found = json_value(body)
    if not isinstance(found, dict):
        raise Unreadable(f"a JSON object was expected, not {type(found).__name__}")
    return found


def dict_of(value: object) -> dict[str, Any]:
    """The dict, or an empty one."""
    return value if isinstance(value, dict) else {}


def dicts_of(value: object) -> list[dict[str, Any]]:
    """The dicts in a list, MOST_DICTS of them at most."""
    return [one for one in value[:MOST_DICTS] if isinstance(one, dict)] if isinstance(value, list) else []


def text(value: object) -> str | None:
    """A string with something in it."""
    return value if isinstance(value, str) and value.strip() else None


def number(value: object, *, most: int = 2**31 - 1) -> int | None:
    """A whole number from 0 to `most`, also where it is written as text."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 10:
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= most else None


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


def unix_seconds(value: object) -> datetime | None:
    """Seconds since 1970, whole or not, also where they are written as text; from 1970 to 9999."""
    if isinstance(value, str) and value.isascii() and 0 < len(value) <= 20 and value.replace(".", "", 1).isdigit():
        value = float(value)
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value <= LAST_SECOND:
        return None
    return EPOCH + timedelta(seconds=value)


def unix_millis(value: object) -> datetime | None:
    """Milliseconds since 1970, within the same bounds."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 15:
        value = int(value)
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value <= LAST_SECOND * 1000:
        return None
    return EPOCH + timedelta(milliseconds=value)


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
