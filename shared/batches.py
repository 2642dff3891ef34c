"""News of one thing for many customers: a part in each transaction, by a timer that is set again until all know."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID

from shared.database import WriteSession
from shared.timer_worker import TimerHandler
from shared.timers import Timer

TOGETHER = 500
"""Promises in one transaction."""

Work = Callable[[WriteSession, UUID, int], Awaitable[int]]
"""Takes up to so many of what is left of its subject, and says how many it took. What it took, it never takes again."""


def in_batches(kind: str, work: Work, together: int = TOGETHER) -> dict[str, TimerHandler]:
    """A handler of timers of this kind. A crash is a rollback: the timer is still there and nobody was told."""

    async def handle(session: WriteSession, timers: Sequence[Timer]) -> None:
        left = together
        for timer in timers:
            if left > 0:
                left -= await work(session, UUID(timer.subject), left)
            if left <= 0:
                session.schedule(Timer(kind, timer.subject, session.now))

    return {kind: handle}
