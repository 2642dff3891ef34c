"""The store of calls under way: steps are kept until the contact is complete, or nobody waits for more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import text

from services.intake.arrivals.arrival import Arrival
from services.intake.arrivals.calls.calls import CallFacts, fold, is_settled, settle
from services.intake.channels.items import CallStep
from services.intake.channels.setup.directory import Line
from shared.database import WriteSession
from shared.timers import Timer

GRACE = "call.grace"
"""The timer that files a call whose earlier steps did not come; its subject is `channel/call_id`."""

_FIND = text("""
    SELECT c.channel, c.call_id, c.facts, c.filed
    FROM unnest(CAST(:channels AS text[]), CAST(:ids AS text[])) AS k (channel, call_id)
    JOIN call c ON c.channel = k.channel AND c.call_id = k.call_id
""")
_STORE = text("""
    INSERT INTO call (channel, call_id, facts, raw_id, filed)
    SELECT * FROM unnest(CAST(:channels AS text[]), CAST(:ids AS text[]), CAST(:facts AS text[]),
                         CAST(:raw_ids AS bigint[]), CAST(:filed AS boolean[]))
    ON CONFLICT (channel, call_id) DO UPDATE SET facts = excluded.facts, filed = excluded.filed
""")
_OVERDUE = text("""
    UPDATE call c SET filed = true
    FROM unnest(CAST(:channels AS text[]), CAST(:ids AS text[])) AS k (channel, call_id), raw_request r
    WHERE c.channel = k.channel AND c.call_id = k.call_id AND NOT c.filed AND r.id = c.raw_id
    RETURNING c.channel, c.call_id, c.facts, c.raw_id, r.received_at, r.traceparent
""")

Key = tuple[str, str]


class Stepped(NamedTuple):
    """A step with where it came in."""

    line: Line
    raw_id: int
    received_at: datetime
    traceparent: str | None
    step: CallStep

    def timed(self) -> CallStep:
        """The step, at our time of receipt where the provider does not say when."""
        return self.step if self.step.at else replace(self.step, at=self.received_at)


async def advance(session: WriteSession, steps: Sequence[Stepped], grace: float) -> list[Arrival]:
    """Folds the steps into their calls. Returns the calls that are complete now, each once."""
    if not steps:
        return []
    facts, filed = await _known(session, {(s.line.name, s.step.call_id) for s in steps})
    latest: dict[Key, Stepped] = {}
    for stepped in steps:
        key = stepped.line.name, stepped.step.call_id
        facts[key] = fold(facts.get(key, CallFacts()), stepped.timed())
        latest[key] = stepped
    complete = [key for key in latest if key not in filed and is_settled(facts[key])]
    for key in latest:
        _watch(session, key, facts[key], grace, is_done=key in filed or key in complete)
    filed.update(complete)
    keys = sorted(latest)
    await session.execute(
        _STORE,
        {
            "channels": [channel for channel, _ in keys],
            "ids": [call_id for _, call_id in keys],
            "facts": [facts[key].to_json() for key in keys],
            "raw_ids": [latest[key].raw_id for key in keys],
            "filed": [key in filed for key in keys],
        },
    )
    return [_arrival(latest[key], facts[key]) for key in complete]


async def _known(session: WriteSession, keys: set[Key]) -> tuple[dict[Key, CallFacts], set[Key]]:
    """(facts by call, the calls that are filed)."""
    channels, ids = zip(*keys, strict=True)
    rows = (await session.execute(_FIND, {"channels": list(channels), "ids": list(ids)})).all()
    facts = {(row.channel, row.call_id): CallFacts.from_json(row.facts) for row in rows}
    return facts, {(row.channel, row.call_id) for row in rows if row.filed}


def _watch(session: WriteSession, key: Key, facts: CallFacts, grace: float, *, is_done: bool) -> None:
    subject = "/".join(key)
    if is_done:
        session.cancel(GRACE, subject)
    elif facts.ended_at is not None:
        session.schedule(Timer(GRACE, subject, session.now + timedelta(seconds=grace)))


def _arrival(last: Stepped, facts: CallFacts) -> Arrival:
    line = last.line
    contact = settle(last.step.call_id, facts)
    return Arrival(line.source, last.received_at, contact, last.raw_id, last.traceparent)


async def give_up_waiting(session: WriteSession, subjects: Sequence[str], lines: Mapping[str, Line]) -> list[Arrival]:
    """The calls of timers that are due, complete with what is known."""
    keys = [subject.partition("/")[::2] for subject in subjects]
    rows = await session.execute(_OVERDUE, {"channels": [c for c, _ in keys], "ids": [i for _, i in keys]})
    arrivals = []
    for row in rows.all():
        line = lines[row.channel]
        contact = settle(row.call_id, CallFacts.from_json(row.facts))
        arrivals.append(Arrival(line.source, row.received_at, contact, row.raw_id, row.traceparent))
    return arrivals
