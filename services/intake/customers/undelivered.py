"""Addresses that are dead by what a mail server answered notifications: kept as those of any other bounce are."""

from __future__ import annotations

from collections.abc import Sequence

from services.intake.customers import reach
from services.intake.customers.weighing import HandleReport
from shared.contracts import Event
from shared.contracts.intake import Reachability
from shared.contracts.notifications import NotificationFailed
from shared.database import WriteSession
from shared.handling import Fact, Reaction, Work

CHANNEL = "notifications"
"""The channel that is named in what is told of such an address: it is no channel of intake's."""


async def _gather(_: WriteSession, __: Sequence[Fact]) -> list[HandleReport]:
    return []


async def _write(session: WriteSession, reports: list[HandleReport]) -> None:
    await reach.store(session, reports)


undelivered = Reaction(_gather, _write)


@undelivered.on(NotificationFailed)
def failed(reports: list[HandleReport], _: Work, event: Event, told: NotificationFailed) -> None:
    """Takes the report in a message that failed because there is nobody at its address."""
    if told.dead_handle is not None:
        reports.append(HandleReport(told.dead_handle, Reachability.BOUNCED, event.time, CHANNEL, told.reason[:500]))
