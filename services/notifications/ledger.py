"""The messages as rows: taken up by one worker, handed over, and ended with an event. Statements on a hot path.

A row is marked as being sent, and the mark is committed, before its provider is called. `next_attempt_at` of
such a row is when its worker is taken for dead; then it is due again like any other, with the same id.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text

from services.notifications.decisions import Again, Ended, Send, State, Waiting, decide, spoken
from services.notifications.providers import Provider
from services.notifications.recipients import families
from services.notifications.settings import NotificationsSettings
from shared.contracts.intake import ChannelKind
from shared.contracts.notifications import NotificationFailed, NotificationSent, NotificationSuppressed
from shared.database import WriteSession
from shared.telemetry import span

_DUE = text("""
    SELECT id, customer_id, template, cause_id, commitment_id, case_id, details, traceparent, attempts,
           created_at, expires_at
    FROM notification WHERE state IN ('pending', 'sending') AND next_attempt_at <= :now
    ORDER BY next_attempt_at LIMIT :limit FOR UPDATE SKIP LOCKED
""")
_HAND_OVER = text("""
    UPDATE notification n SET state = 'sending', attempts = n.attempts + 1, next_attempt_at = :dead_at,
        channel_kind = h.channel_kind, language = h.language, address = h.address, subject = h.subject, text = h.text
    FROM unnest(CAST(:ids AS uuid[]), CAST(:channel_kinds AS text[]), CAST(:languages AS text[]),
                CAST(:addresses AS text[]), CAST(:subjects AS text[]), CAST(:texts AS text[]))
         AS h (id, channel_kind, language, address, subject, text)
    WHERE n.id = h.id
""")
# `attempts` tells a worker that was taken for dead, and was not, that the row is another's by now.
_SETTLE = text("""
    UPDATE notification n SET state = s.state, reason = s.reason, ended_at = s.ended_at,
        next_attempt_at = coalesce(s.again_at, n.next_attempt_at)
    FROM unnest(CAST(:ids AS uuid[]), CAST(:attempts AS int[]), CAST(:states AS text[]), CAST(:reasons AS text[]),
                CAST(:ended AS timestamptz[]), CAST(:again AS timestamptz[]))
         AS s (id, attempts, state, reason, ended_at, again_at)
    WHERE n.id = s.id AND n.attempts = s.attempts AND n.state IN ('pending', 'sending')
    RETURNING n.id
""")


@dataclass(frozen=True, slots=True)
class Handed:
    """A message in a worker's hands: `attempt` counts from 1."""

    row: Waiting
    send: Send
    attempt: int


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of a row. `attempts` are those begun so far; `subject` and `text` are set where it was sent."""

    row: Waiting
    attempts: int
    outcome: Again | Ended
    channel_kind: ChannelKind
    language: str
    subject: str = ""
    text: str = ""

    @classmethod
    def of(cls, handed: Handed, outcome: Again | Ended) -> Settled:
        send = handed.send
        kind, message = send.provider.channel_kind, send.message
        return cls(handed.row, handed.attempt, outcome, kind, send.language, message.subject, message.text)


async def take_up(
    session: WriteSession, providers: Sequence[Provider], rules: NotificationsSettings, limit: int
) -> list[Handed]:
    """Marks what is to be sent now as being sent, and settles what is not to be sent."""
    rows = [Waiting(*row) for row in await session.execute(_DUE, {"now": session.now, "limit": limit})]
    if not rows:
        return []
    known = await families(session, {row.customer_id for row in rows})
    handed, settled = [], []
    for row in rows:
        family = known[row.customer_id]
        decision = decide(row, family, providers, rules, session.now)
        if isinstance(decision, Send):
            handed.append(Handed(row, decision, row.attempts + 1))
        else:
            kind, language = providers[0].channel_kind, spoken(family, rules)
            settled.append(Settled(row, row.attempts, decision, kind, language))
    await _hand_over(session, handed, session.now + timedelta(seconds=rules.sending_timeout))
    await settle(session, settled)
    return handed


async def _hand_over(session: WriteSession, handed: Sequence[Handed], dead_at: datetime) -> None:
    if not handed:
        return
    sends = [h.send for h in handed]
    await session.execute(
        _HAND_OVER,
        {
            "ids": [h.row.id for h in handed],
            "dead_at": dead_at,
            "channel_kinds": [s.provider.channel_kind.value for s in sends],
            "languages": [s.language for s in sends],
            "addresses": [s.address for s in sends],
            "subjects": [s.message.subject for s in sends],
            "texts": [s.message.text for s in sends],
        },
    )


async def settle(session: WriteSession, settled: Sequence[Settled]) -> None:
    """Writes what became of each, with the event that says so."""
    if not settled:
        return
    by_id: Mapping[UUID, Settled] = {s.row.id: s for s in settled}
    outcomes = [s.outcome for s in by_id.values()]
    rows = await session.execute(
        _SETTLE,
        {
            "ids": list(by_id),
            "attempts": [s.attempts for s in by_id.values()],
            "states": [(o.state if isinstance(o, Ended) else State.PENDING).value for o in outcomes],
            "reasons": [o.reason for o in outcomes],
            "ended": [session.now if isinstance(o, Ended) else None for o in outcomes],
            "again": [o.at if isinstance(o, Again) else None for o in outcomes],
        },
    )
    written = set(rows.scalars())
    for id_, one in by_id.items():
        if id_ in written:
            _tell(session, one)


def _tell(session: WriteSession, settled: Settled) -> None:
    row, outcome = settled.row, settled.outcome
    if isinstance(outcome, Again):
        return
    told = {
        "customer_id": row.customer_id,
        "notification_id": row.id,
        "template": row.template,
        "cause_id": row.cause_id,
        "commitment_id": row.commitment_id,
        "case_id": row.case_id,
        "channel_kind": settled.channel_kind,
        "language": settled.language,
    }
    reason = outcome.reason or ""
    with span(f"notification {outcome.state}", row.traceparent):
        match outcome.state:
            case State.SENT:
                said = {"sent_at": session.now, "subject": settled.subject, "text": settled.text}
                session.emit(NotificationSent.model_validate(told | said))
            case State.FAILED:
                session.emit(NotificationFailed.model_validate(told | {"reason": reason, "attempts": settled.attempts}))
            case _:
                session.emit(NotificationSuppressed.model_validate(told | {"reason": reason}))
