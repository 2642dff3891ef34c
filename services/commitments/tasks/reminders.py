"""The second reminder of a task. The first is the warning that every promise has at three quarters of its time."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from services.commitments.promise.store import Promises
from services.commitments.tasks.model import remind
from services.commitments.tasks.store import REMINDER
from shared.database import WriteSession
from shared.timer_worker import TimerHandler
from shared.timers import Timer


def reminders(promises: Promises) -> dict[str, TimerHandler]:
    """The handler of second reminders. A task that was done or taken back meanwhile gets none (N18)."""

    async def handle(session: WriteSession, timers: Sequence[Timer]) -> None:
        for task in (await promises.lock(session, {UUID(t.subject) for t in timers})).values():
            if (said := remind(task, session.now)) is not None:
                promises.tell(session, task, [said])

    return {REMINDER: handle}
