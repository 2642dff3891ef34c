"""Which clock opens for which contact, and how long it runs. Pure; the rows come from the table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import text

from shared.contracts.commitments import CommitmentKind
from shared.contracts.intake import ChannelKind, InteractionKind, InteractionReceived
from shared.database import ReadSession

_ALL = text("SELECT kind, channel_kind, within_minutes, valid_from FROM policy ORDER BY valid_from, id")

NEXT_CONTACT = "next_contact"


@dataclass(frozen=True, slots=True)
class Policy:
    """`channel_kind` None: every channel that has none of its own."""

    kind: str
    channel_kind: str | None
    within: timedelta
    valid_from: datetime


def within(policies: Sequence[Policy], kind: str, channel: ChannelKind | None, at: datetime) -> timedelta:
    """The time allowed by what was valid `at`: the channel's own rule before the general one, the newest of them.

    `policies` are in the order they were set, so that of two from the same instant the later one counts.
    """
    fitting = [p for p in policies if p.kind == kind and p.valid_from <= at and p.channel_kind in {None, channel}]
    own = [p for p in fitting if p.channel_kind is not None]
    return (own or fitting)[-1].within


def clock_for(contact: InteractionReceived) -> CommitmentKind | None:
    """What we owe for a contact. An answered call owes nothing; a machine's mail neither."""
    if contact.automatic:
        return None
    match contact.kind:
        case InteractionKind.MESSAGE | InteractionKind.REVIEW:
            return CommitmentKind.RESPONSE
        case InteractionKind.MISSED_CALL | InteractionKind.VOICEMAIL:
            return CommitmentKind.CALL_BACK
        case _:
            return None


def answers(kind: InteractionKind) -> frozenset[CommitmentKind]:
    """What a contact of ours keeps. A call-back is kept by a call alone, not by a message."""
    match kind:
        case InteractionKind.CALL:
            return frozenset({CommitmentKind.RESPONSE, CommitmentKind.CALL_BACK})
        case InteractionKind.MESSAGE:
            return frozenset({CommitmentKind.RESPONSE})
        case _:
            return frozenset()


async def load_policies(session: ReadSession) -> list[Policy]:
    rows = await session.execute(_ALL)
    return [Policy(r.kind, r.channel_kind, timedelta(minutes=r.within_minutes), r.valid_from) for r in rows]
