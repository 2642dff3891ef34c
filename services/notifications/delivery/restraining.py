"""Recent automatic answers, read once for a handful of messages, so that `restraint` can judge them.

Workers that are about to answer the same case or mailbox take turns, by locks that end with their transaction: of two
answers that are written at once the second sees the first.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import text

from services.notifications.delivery.decisions import Send
from services.notifications.delivery.ending import Again, AskNow, Ended, State
from services.notifications.delivery.restraint import DAY, HOUR, LOOK, Recent, is_bounded, mailbox_of
from services.notifications.delivery.waiting import Waiting
from services.notifications.settings import NotificationsSettings
from shared.database import WriteSession

Judged = Send | AskNow | Again | Ended

_TAKE_TURNS = text("""
    SELECT pg_advisory_xact_lock(hashtextextended(key, 0)) FROM unnest(CAST(:keys AS text[])) AS k (key)
""")
# No further than what decides, in the order of the index: one is enough of a case, the cap of a mailbox; and itself.
# What left after the dump that a restored database comes from is known of its customer; our events name no mailbox.
_STANDS = "template = 'acknowledgement' AND state IN ('pending', 'sending', 'sent', 'unknown')"
_RECENT = text(f"""
    SELECT k.case_id, NULL AS mailbox, n.id, n.handed_at, n.state
    FROM unnest(CAST(:cases AS uuid[])) AS k (case_id) CROSS JOIN LATERAL (
        SELECT id, handed_at, state FROM notification
        WHERE case_id = k.case_id AND handed_at > :hour_ago AND {_STANDS} AND covers_case
        ORDER BY handed_at DESC LIMIT 2) n
    UNION ALL
    SELECT NULL, k.mailbox, n.id, n.handed_at, n.state
    FROM unnest(CAST(:mailboxes AS text[])) AS k (mailbox) CROSS JOIN LATERAL (
        SELECT id, handed_at, state FROM notification WHERE mailbox = k.mailbox AND handed_at > :day_ago AND {_STANDS}
        ORDER BY handed_at DESC LIMIT :most) n
    UNION ALL
    SELECT NULL, k.mailbox, n.id, n.handed_at, n.state
    FROM unnest(CAST(:their_mailboxes AS text[]), CAST(:customers AS uuid[])) AS k (mailbox, customer_id)
    CROSS JOIN LATERAL (
        SELECT id, handed_at, state FROM notification
        WHERE customer_id = k.customer_id AND mailbox IS NULL AND handed_at > :day_ago AND {_STANDS}
        ORDER BY handed_at DESC LIMIT :most) n
""")
_LEFT = {State.SENT: "sent for this case", State.UNKNOWN: "which may have left for this case"}
"""Nothing more becomes of these; what may have left counts as what has."""


async def restrain(
    session: WriteSession, judged: Sequence[tuple[Waiting, Judged]], rules: NotificationsSettings
) -> list[Judged]:
    """The decisions, in which an automatic answer too many has ended, with the reason. Two statements, however many."""
    bounded = [(row, to) for row, to in judged if isinstance(to, Send) and is_bounded(to.details)]
    if not bounded:
        return [decision for _, decision in judged]
    recent = await _recent(session, bounded, rules)
    decided: list[Judged] = []
    for row, decision in judged:
        if isinstance(decision, Send) and is_bounded(decision.details):
            mailbox = mailbox_of(decision.address)
            if recent.awaits(row.id, row.case_id, session.now):
                decided.append(Again(session.now + LOOK))
                continue
            if reason := recent.forbids(row.id, row.case_id, mailbox, rules, session.now):
                decided.append(Ended(State.SUPPRESSED, reason))
                continue
            recent.note(row.id, row.case_id, mailbox, session.now)
        decided.append(decision)
    return decided


async def _recent(
    session: WriteSession, bounded: Sequence[tuple[Waiting, Send]], rules: NotificationsSettings
) -> Recent:
    cases = sorted({row.case_id for row, _ in bounded if row.case_id})
    mailboxes = sorted({mailbox_of(send.address) for _, send in bounded})
    theirs = sorted({(mailbox_of(send.address), row.customer_id) for row, send in bounded})
    await session.execute(_TAKE_TURNS, {"keys": [*(str(case) for case in cases), *mailboxes]})
    values = {
        "cases": cases,
        "mailboxes": mailboxes,
        "hour_ago": session.now - HOUR,
        "day_ago": session.now - DAY,
        "their_mailboxes": [mailbox for mailbox, _ in theirs],
        "customers": [customer for _, customer in theirs],
        "most": max(rules.automatic_mails_per_day, rules.automatic_mails_per_hour) + 1,
    }
    recent = Recent()
    for case_id, mailbox, id_, handed_at, state in await session.execute(_RECENT, values):
        if case_id is not None:
            recent.by_case[case_id][id_] = handed_at
        else:
            recent.by_mailbox[mailbox][id_] = handed_at
        if state in _LEFT:
            recent.left[id_] = _LEFT[state]
    return recent
