"""Addresses that a provider wants fetched once, to confirm a subscription."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog
from sqlalchemy import text

from services.intake.errands import CLAIM, NotNow, Refused, check_status, keep_busy, next_try
from shared.database import Database, WriteSession
from shared.outbound import Failed, Forbidden, Outbound, TooBig

if TYPE_CHECKING:
    from services.intake.state import Intake
    from shared.service import Workplace

log = structlog.get_logger()

CONFIRMED = "confirmed"
ANSWER_LIMIT = 64 * 1024

_ASK = text("""
    INSERT INTO confirmation (url, channel, asked_at, next_at)
    SELECT url, channel, :now, :now FROM unnest(CAST(:urls AS text[]), CAST(:channels AS text[])) AS c (url, channel)
    ON CONFLICT DO NOTHING
""")
_CLAIM = text("""
    WITH due AS (SELECT url FROM confirmation WHERE next_at <= :now ORDER BY next_at LIMIT :most
                 FOR UPDATE SKIP LOCKED)
    UPDATE confirmation c SET attempts = c.attempts + 1, next_at = :until FROM due WHERE c.url = due.url
    RETURNING c.url, c.channel, c.attempts
""")
_SETTLE = text("UPDATE confirmation SET outcome = :outcome, next_at = :next_at WHERE url = :url AND outcome IS NULL")


@dataclass(frozen=True, slots=True)
class Due:
    """A claimed address. `attempts` counts this one."""

    url: str
    channel: str
    attempts: int


async def ask(session: WriteSession, urls: Mapping[str, str]) -> None:
    """`urls` are channels by address. One that was asked for before is not asked for again."""
    if urls:
        await session.execute(_ASK, {"now": session.now, "urls": list(urls), "channels": list(urls.values())})


class Confirmations:
    def __init__(self, outbound: Outbound, database: Database) -> None:
        self._outbound, self._database = outbound, database

    async def claim(self, most: int) -> Sequence[Due]:
        async with self._database.write() as session:
            values = {"now": session.now, "until": session.now + CLAIM, "most": most}
            return [Due(**row) for row in (await session.execute(_CLAIM, values)).mappings()]

    async def work(self, due: Due) -> None:
        """Fetches it and writes down what came of it. The address holds the proof, so it is in no log."""
        outcome, reason = await self._asked(due)
        async with self._database.write() as session:
            again = next_try(due.attempts, session.now) if outcome is None else None
            if outcome is None and again is None:
                outcome = f"could not be fetched: {reason}"
            await session.execute(_SETTLE, {"url": due.url, "outcome": outcome, "next_at": again})
        say = log.info if outcome == CONFIRMED else log.warning
        say("subscription.asked", channel=due.channel, outcome=outcome or reason, attempts=due.attempts)

    async def _asked(self, due: Due) -> tuple[str | None, str]:
        """(the outcome, or None where it is to be tried again; why)."""
        try:
            check_status((await self._outbound.get(due.url, limit=ANSWER_LIMIT)).status)
        except (Refused, Forbidden, TooBig) as error:
            return f"refused: {error}", ""
        except (NotNow, Failed) as error:
            return None, str(error)
        return CONFIRMED, ""


async def run(intake: Intake, workplace: Workplace, stop: asyncio.Event) -> None:
    """The loop. Any number of workers may run it beside each other."""
    confirmations = Confirmations(intake.outbound, workplace.database)
    await keep_busy(stop, confirmations.claim, confirmations.work)
