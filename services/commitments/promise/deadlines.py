"""Fires the clocks of promises, many in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from services.commitments.promise.core import Decision, Promise, fall_due, warn
from services.commitments.promise.store import Promises
from shared.database import WriteSession
from shared.timer_worker import TimerHandler
from shared.timers import Timer


def _deciding(promises: Promises, decide: Callable[[Promise, datetime], Decision]) -> TimerHandler:
    async def handle(session: WriteSession, timers: Sequence[Timer]) -> None:
        found = list((await promises.lock(session, {t.subject for t in timers})).values())
        await promises.save(session, found, [decide(p, session.now) for p in found])

    return handle


def deadlines(promises: Promises) -> dict[str, TimerHandler]:
    """The handlers of promises' clocks. A promise that moved or ended since a clock was set lets it pass."""
    return {
        "commitment_due": _deciding(promises, fall_due),
        "commitment_warning": _deciding(promises, warn),
    }
