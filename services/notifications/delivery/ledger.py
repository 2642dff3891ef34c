"""Messages as rows: taken up by one worker, handed over, and ended with an event. Statements on a hot path.

A row is marked as being sent, and the mark is committed, before its provider is called. `next_attempt_at` of
such a row is when its worker is taken for dead: then it is due again, and its provider says what may be done.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from services.notifications.delivery import attempts
from services.notifications.delivery.decisions import Send, decide, spoken
from services.notifications.delivery.ending import Again, AskLater, AskNow, Ended, LastAttempt, State, possibly_sent
from services.notifications.delivery.hands import Asking, Handed, Prepare, Settled
from services.notifications.delivery.restraining import restrain
from services.notifications.delivery.restraint import covers_case, mailbox_of
from services.notifications.delivery.telling import Said, tell
from services.notifications.delivery.waiting import Waiting
from services.notifications.people import reach
from services.notifications.people.recipients import families
from services.notifications.providers.handover import AttemptState, Sought
from services.notifications.providers.protocol import Route
from services.notifications.settings import NotificationsSettings
from shared.contracts.intake import ChannelKind, Reachability
from shared.database import WriteSession
from shared.reach import ReachReport
from shared.telemetry import span

_DUE = text("""
    SELECT n.id, n.customer_id, n.template, n.cause_id, n.commitment_id, n.case_id, n.details, n.traceparent,
           n.attempts, n.created_at, n.expires_at, n.once_for, n.state = 'sending' AS is_lost,
           a.provider, a.account, a.channel_kind, a.address, a.language, a.subject, a.text, a.reference, a.provider_id,
           a.begun_at, a.state
    FROM notification n
    LEFT JOIN attempt a ON a.notification_id = n.id AND a.number = n.attempts
    WHERE n.state IN ('pending', 'sending') AND n.next_attempt_at <= :now
    ORDER BY n.next_attempt_at, n.id LIMIT :limit FOR UPDATE OF n SKIP LOCKED
""")


async def take_up(
    session: WriteSession, routes: Sequence[Route], rules: NotificationsSettings, limit: int, prepare: Prepare
) -> list[Handed | Asking]:
    """Marks what is to be sent now as being sent, and settles what is not to be sent."""
    rows = [_waiting(row) for row in await session.execute(_DUE, {"now": session.now, "limit": limit})]
    if not rows:
        return []
    known = await families(session, {row.customer_id for row in rows})
    decisions = [decide(row, known[row.customer_id], routes, rules, session.now) for row in rows]
    decisions = await restrain(session, list(zip(rows, decisions, strict=True)), rules)
    handed: list[Handed] = []
    asked: list[Asking] = []
    settled: list[Settled] = []
    for row, decision in zip(rows, decisions, strict=True):
        made = _made(row, decision, prepare)
        match made:
            case Handed():
                handed.append(made)
            case AskNow():
                asked.append(Asking(row, made))
            case Again() | Ended():
                said = Said(spoken(known[row.customer_id], rules), row.last.channel_kind if row.last else None)
                settled.append(Settled(row, row.attempts, made, said))
    dead_at = session.now + timedelta(seconds=rules.sending_timeout)
    await attempts.begin(session, [_begun(one) for one in handed], dead_at)
    await attempts.hold(session, [one.row.id for one in asked], dead_at)
    await settle(session, settled)
    return [*handed, *asked]


async def settle(session: WriteSession, settled: Sequence[Settled]) -> None:
    """Writes what became of each, with the event that says so. An end is told once, by whoever had the last attempt."""
    if not settled:
        return
    first: dict[tuple[UUID, int], Settled] = {}
    for one in settled:
        first.setdefault((one.row.id, one.number), one)
    written = await attempts.end(session, [_ended(one, session) for one in first.values()])
    for key, one in first.items():
        if key in written and isinstance(one.outcome, Ended):
            with span(f"notification {one.outcome.state}", one.row.traceparent):
                tell(session, one.row, one.outcome, one.number, one.said)
    dead = {handle for key, one in first.items() if key in written and (handle := one.said.dead_handle)}
    await reach.store(session, [ReachReport(handle, Reachability.BOUNCED, session.now) for handle in dead])


def _waiting(row: Row[Any]) -> Waiting:
    last = None
    if row.provider is not None:
        sought = Sought(row.account or "", row.address or "", row.reference or "", row.provider_id, row.begun_at)
        kind, state = ChannelKind(row.channel_kind), AttemptState(row.state)
        last = LastAttempt(row.provider, kind, row.language or "", row.subject or "", row.text or "", state, sought)
    facts: list[Any] = list(row)
    return replace(Waiting(*facts[:13]), last=last)


def _made(row: Waiting, decision: Send | AskNow | Again | Ended, prepare: Prepare) -> Handed | AskNow | Again | Ended:
    if isinstance(decision, Send):
        try:
            return Handed(row, decision, row.attempts + 1, prepare(row, decision))
        except ValueError as error:
            decision = Ended(State.FAILED, f"the message cannot be made: {error}")
    if isinstance(decision, Ended) and row.may_have_left:
        decision = possibly_sent(decision)
    if isinstance(decision, AskNow) or not row.is_lost:
        return decision
    return replace(decision, attempt_state=AttemptState.UNKNOWN)


def _begun(handed: Handed) -> dict[str, Any]:
    send, prepared = handed.send, handed.prepared
    return {
        "id": handed.row.id,
        "number": handed.number,
        "provider": send.route.provider.name,
        "account": send.route.account.address,
        "form": send.form.value,
        "channel_kind": send.route.provider.channel_kind.value,
        "address": send.address,
        "language": send.language,
        "subject": send.message.subject,
        "text": send.message.text,
        "reference": prepared.reference,
        "provider_id": prepared.provider_id,
        "mailbox": mailbox_of(send.address),
        "covers_case": covers_case(send.details),
    }


def _ended(settled: Settled, session: WriteSession) -> dict[str, Any]:
    outcome = settled.outcome
    ended = outcome if isinstance(outcome, Ended) else None
    state = State.SENDING if isinstance(outcome, AskLater) else State.PENDING
    return {
        "id": settled.row.id,
        "number": settled.number,
        "state": (ended.state if ended else state).value,
        "reason": outcome.reason,
        "ended_at": session.now if ended else None,
        "again_at": outcome.at if not isinstance(outcome, Ended) else None,
        "attempt_state": None if isinstance(outcome, AskLater) else outcome.attempt_state,
        "provider_id": ended.provider_id if ended else None,
    }
