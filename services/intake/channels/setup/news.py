"""Counts of what came in by each channel, and the last of it, to see whether the channel works."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text

from services.intake.arrivals.arrival import Arrival, Told
from services.intake.arrivals.raw import Raw
from shared.database import WriteSession

_RECORD = text("""
    INSERT INTO channel_news AS n (channel, requests, contacts, facts, copies, last_raw_id, last_received_at,
                                   last_contact_at, shared_ids)
    SELECT * FROM unnest(CAST(:channels AS text[]), CAST(:requests AS bigint[]), CAST(:contacts AS bigint[]),
                         CAST(:facts AS bigint[]), CAST(:copies AS bigint[]), CAST(:raw_ids AS bigint[]),
                         CAST(:received AS timestamptz[]), CAST(:contact_times AS timestamptz[]),
                         CAST(:shared_ids AS bigint[]))
    ON CONFLICT (channel) DO UPDATE SET
        requests = n.requests + excluded.requests, contacts = n.contacts + excluded.contacts,
        facts = n.facts + excluded.facts, copies = n.copies + excluded.copies,
        shared_ids = n.shared_ids + excluded.shared_ids,
        last_raw_id = greatest(n.last_raw_id, excluded.last_raw_id),
        last_received_at = greatest(n.last_received_at, excluded.last_received_at),
        last_contact_at = greatest(n.last_contact_at, excluded.last_contact_at)
""")


@dataclass(slots=True)
class Tally:
    """`copies` were here before, or were proved by what had proved another.

    `shared_ids` are contacts that came under an id which another contact had.
    """

    requests: int = 0
    contacts: int = 0
    facts: int = 0
    copies: int = 0
    shared_ids: int = 0
    last_raw_id: int = 0
    last_received_at: datetime | None = None
    last_contact_at: datetime | None = None


def tally(
    raws: Sequence[Raw], arrivals: Sequence[Arrival], filed: Sequence[Arrival], told: Sequence[Told]
) -> Mapping[str, Tally]:
    """By channel. A call that was waited for may be filed without a request of its own."""
    tallies: dict[str, Tally] = defaultdict(Tally)
    for one in raws:
        mine = tallies[one.channel]
        mine.requests += 1
        mine.last_raw_id = max(mine.last_raw_id, one.id)
        mine.last_received_at = max(mine.last_received_at or one.received_at, one.received_at)
    for arrival in arrivals:
        tallies[arrival.source.channel].copies += 1
    for arrival in filed:
        mine = tallies[arrival.source.channel]
        mine.copies -= 1
        mine.contacts += 1
        mine.shared_ids += arrival.shares_id
        mine.last_contact_at = max(mine.last_contact_at or arrival.received_at, arrival.received_at)
    for fact in told:
        tallies[fact.source.channel].facts += 1
    return tallies


async def record(session: WriteSession, tallies: Mapping[str, Tally]) -> None:
    if not tallies:
        return
    mine = sorted(tallies.items())
    await session.execute(
        _RECORD,
        {
            "channels": [name for name, _ in mine],
            "requests": [t.requests for _, t in mine],
            "contacts": [t.contacts for _, t in mine],
            "facts": [t.facts for _, t in mine],
            "copies": [t.copies for _, t in mine],
            "shared_ids": [t.shared_ids for _, t in mine],
            "raw_ids": [t.last_raw_id for _, t in mine],
            "received": [t.last_received_at or session.now for _, t in mine],
            "contact_times": [t.last_contact_at for _, t in mine],
        },
    )
