"""Addresses that a provider wants fetched once, to confirm a subscription."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog
from sqlalchemy import text

from services.intake.errands import AT_ONCE, CLAIM, GRACE, PAUSES, NotNow, Refused, check_status
from shared.database import WriteSession
from shared.outbound import Failed, Forbidden, Outbound, TooBig
from shared.work import Worker
from shared.work.claims import claim

if TYPE_CHECKING:
    from services.intake.state import Intake

log = structlog.get_logger()

CONFIRMED = "confirmed"
ANSWER_LIMIT = 64 * 1024

_ASK = text("""
    INSERT INTO confirmation (url, channel, asked_at, next_at)
    SELECT url, channel, :now, :now FROM unnest(CAST(:urls AS text[]), CAST(:channels AS text[])) AS c (url, channel)
    ON CONFLICT DO NOTHING
""")
_CLAIM = text(claim("confirmation", "url", ("url", "channel", "attempts")))
# Whoever took longer than their claim says nothing of what is another's by now.
_SETTLE = text("""
    UPDATE confirmation SET outcome = :outcome, next_at = :next_at
    WHERE url = :url AND outcome IS NULL AND (attempts = :attempts OR CAST(:outcome AS text) = 'confirmed')
""")


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


@dataclass(frozen=True, slots=True)
class Asked:
    """A claimed address, and what came of it. `outcome` None: it is to be tried again, because of `reason`."""

    due: Due
    outcome: str | None
    reason: str = ""


class Confirmations:
    """The queue of addresses that are to be fetched."""

    def __init__(self, outbound: Outbound) -> None:
        self._outbound = outbound

    async def claim(self, session: WriteSession, most: int) -> Sequence[Due]:
        values = {"now": session.now, "until": session.now + CLAIM, "most": most}
        return [Due(**row) for row in (await session.execute(_CLAIM, values)).mappings()]

    async def do(self, piece: Due) -> Asked:
        try:
            check_status((await self._outbound.get(piece.url, limit=ANSWER_LIMIT)).status)
        except (Refused, Forbidden, TooBig) as error:
            return Asked(piece, f"refused: {error}")
        except (NotNow, Failed) as error:
            return Asked(piece, None, str(error))
        return Asked(piece, CONFIRMED)

    async def settle(self, session: WriteSession, done: Sequence[Asked]) -> None:
        """Writes down what came of them. The address holds the proof, so it is in no log."""
        for one in done:
            due, outcome = one.due, one.outcome
            again = PAUSES.next_try(due.attempts, session.now) if outcome is None else None
            if outcome is None and again is None:
                outcome = f"could not be fetched: {one.reason}"
            values = {"url": due.url, "attempts": due.attempts, "outcome": outcome, "next_at": again}
            await session.execute(_SETTLE, values)
            say = log.info if outcome == CONFIRMED else log.warning
            say("subscription.asked", channel=due.channel, outcome=outcome or one.reason, attempts=due.attempts)


def worker(intake: Intake) -> Worker[Due, Asked]:
    return Worker(Confirmations(intake.outbound), "confirmations", at_once=AT_ONCE, grace=GRACE)
