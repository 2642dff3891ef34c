"""The window of the scorecard: which promises and cases are counted, as they stood at an instant."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import Depends, Request

from services.commitments.errors import WindowInvalid
from shared.instants import Instant
from shared.routing import Reading

LONGEST = timedelta(days=3653)


@dataclass(frozen=True, slots=True)
class Window:
    """A window from `since` to before `until`, with what is known at `as_of`, which is not before `until`."""

    since: datetime
    until: datetime
    as_of: datetime


def window(
    now: datetime,
    days: int,
    since: datetime | None = None,
    until: datetime | None = None,
    as_of: datetime | None = None,
) -> Window:
    """The window that was asked for, the last `days` where nothing is named. Raises WindowInvalid."""
    at = as_of or now
    end = until or at
    if not end <= at <= now:
        raise WindowInvalid("`until` is not after `as_of`, and `as_of` not after now")
    begin = since or max(end - timedelta(days=days), now - LONGEST)
    if not begin < end or now - begin > LONGEST:
        raise WindowInvalid("`since` is before `until`, and not more than ten years ago")
    return Window(begin, end, at)


def asked(
    request: Request,
    session: Reading,
    since: Instant | None = None,
    until: Instant | None = None,
    as_of: Instant | None = None,
) -> Window:
    return window(session.now, request.app.state.runtime.settings.scorecard_days, since, until, as_of)


Asked = Annotated[Window, Depends(asked)]
