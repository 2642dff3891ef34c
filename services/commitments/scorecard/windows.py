"""Which promises and cases are counted: those of a window, as they stood at an instant."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import Depends, Request
from pydantic import AwareDatetime

from services.commitments.errors import WindowInvalid

LONGEST = timedelta(days=3653)


@dataclass(frozen=True, slots=True)
class Window:
    """From `since` to before `until`; what is known at `as_of`, which is not before `until`."""

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
    """The last `days` where nothing is named. Raises WindowInvalid."""
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
    since: AwareDatetime | None = None,
    until: AwareDatetime | None = None,
    as_of: AwareDatetime | None = None,
) -> Window:
    now: datetime = request.app.state.runtime.clock.now()
    return window(now, request.app.state.runtime.settings.scorecard_days, since, until, as_of)


Asked = Annotated[Window, Depends(asked)]
