"""The clocks of promises going off, many in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from services.commitments.promise import Decision, Promise, fall_due, warn
from services.commitments.store import Promises
from shared.database import WriteSession
from shared.timer_worker import TimerHandler
from shared.timers import Timer


def _deciding(promises: Promises, decide: Callable[[Promise, datetime], Decision]) -> TimerHandler:
    async def handle(session: WriteSession, timers: Sequence[Timer]) -> None:
        found = list((await promises.lock(session, {t.subject for t in timers})).values())
        await promises.save(session, found, [decide(p, session.now) for p in found])

    return handle


def deadlines(promises: Promises) -> dict[str, TimerHandler]:
    """A promise that moved or ended since its clock was set decides for itself that nothing is due."""
    return {
        "commitment_due": _deciding(promises, fall_due),
        "commitment_warning": _deciding(promises, warn),
    }
