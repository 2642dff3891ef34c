"""The promises that policy made in a span of time, as they are needed to try another rule on them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import text

from services.commitments import customers
from services.commitments.customers import Customer
from services.commitments.policies.model import Circumstances
from services.commitments.policies.trying import Made
from shared.contracts.intake import ChannelKind
from shared.contracts.terms import CommitmentKind
from shared.database import ReadSession

LARGEST = 20_000
"""Promises that a rule is tried on, the newest of the span."""

# A promise is due after its clock began: the index on the first due time finds those of the span and a few later ones.
_MADE = text("""
    SELECT p.id, p.kind, p.stated_at, p.first_due_at, p.fulfilled_at, p.channel_kind, p.interaction_id,
        p.binding <> p.first AS moved, COALESCE(p.category, w.category) AS category,
        COALESCE(w.kind = 'complaint', false) AS complaint,
        w.first_contact IS NOT NULL AND p.interaction_id <> w.first_contact AS later,
        p.customer_id
    FROM commitment p
    LEFT JOIN case_watch w ON w.case_id = p.case_id
    WHERE p.first_due_at >= :since AND p.status <> 'draft' AND p.kind = ANY(CAST(:kinds AS text[]))
      AND p.stated_at >= :since AND p.stated_at < :until AND p.status NOT IN ('declined', 'withdrawn', 'void')
    ORDER BY p.stated_at DESC, p.id LIMIT :limit
""")


async def promises_made(session: ReadSession, kind: CommitmentKind, since: datetime, until: datetime) -> list[Made]:
    """The promises of a kind whose clock began from `since` to before `until`, newest first, one more than LARGEST.

    Answers are one kind here: a rule for the first of them may take over what another had.
    """
    answers = {CommitmentKind.RESPONSE, CommitmentKind.NEXT_RESPONSE}
    kinds = sorted(answers if kind in answers else {kind})
    values = {"since": since, "until": until, "kinds": kinds, "limit": LARGEST + 1}
    rows = (await session.execute(_MADE, values)).all()
    people = await customers.gather(session, {row.customer_id for row in rows}, Customer("", "vi"))
    return [_made(row, people.find(row.customer_id).classes) for row in rows]


def _made(row: Any, classes: tuple[str, ...]) -> Made:
    channel = ChannelKind(row.channel_kind) if row.channel_kind else None
    of = Circumstances(channel, row.category, classes, row.complaint, bool(row.later))
    kind = CommitmentKind(row.kind)
    return Made(row.id, kind, row.stated_at, row.first_due_at, row.fulfilled_at, of, row.moved)
