"""The reach of handles: which can be written to, and which have moved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

import structlog
from sqlalchemy import RowMapping, text

from services.intake.arrivals.arrival import Told
from services.intake.channels.items import Moved, Reach
from services.intake.customers import resolving as people
from services.intake.customers.resolving import Key
from services.intake.settings import IntakeSettings
from shared.contracts.intake import Handle, HandleReachable, HandleUnreachable, Reachability
from shared.database import ReadSession, WriteSession

log = structlog.get_logger()

_KNOWN = text("""
    SELECT r.* FROM handle_reach r
    JOIN unnest(CAST(:kinds AS text[]), CAST(:accounts AS text[]), CAST(:values AS text[])) AS k (kind, account, value)
      ON r.kind = k.kind AND r.account = k.account AND r.value = k.value
""")
_UNREACHABLE = text("""
    SELECT r.kind, r.account, r.value, r.reason, r.occurred_at, r.detail
    FROM handle h JOIN handle_reach r USING (kind, account, value)
    WHERE h.customer_id = ANY(CAST(:members AS uuid[])) AND NOT r.reachable ORDER BY r.occurred_at
""")
_STORE = text("""
    INSERT INTO handle_reach (kind, account, value, reason, reachable, occurred_at, channel, detail)
    VALUES (:kind, :account, :value, :reason, :reachable, :occurred_at, :channel, :detail)
    ON CONFLICT (kind, account, value) DO UPDATE SET reason = excluded.reason, reachable = excluded.reachable,
        occurred_at = excluded.occurred_at, channel = excluded.channel, detail = excluded.detail
""")


@dataclass(frozen=True, slots=True)
class Word:
    """What somebody said of a handle."""

    handle: Handle
    reason: Reachability
    at: datetime
    channel: str
    detail: str | None

    def outweighs(self, other: Word | None) -> bool:
        """The newer holds; of two at one instant the one that says no, so that their order does not matter."""
        if other is None:
            return True
        return (self.at, not self.reason.is_reachable) > (other.at, not other.reason.is_reachable)


async def apply(session: WriteSession, told: Sequence[Told], settings: IntakeSettings) -> None:
    words: list[Word] = []
    for one in told:
        match one.item:
            case Reach(address=address, reason=reason, at=at, detail=detail):
                if handle := one.source.handle(address, settings.default_region):
                    words.append(Word(handle, reason, at or one.received_at, one.source.channel, detail))
            case Moved():
                await _move(session, one, one.item, words, settings)
    await _weigh(session, words)


async def unreachable(session: ReadSession, members: Sequence[UUID]) -> Sequence[RowMapping]:
    """The handles of these customers that messages do not reach, or should not, and why."""
    return (await session.execute(_UNREACHABLE, {"members": list(members)})).mappings().all()


async def _weigh(session: WriteSession, words: Sequence[Word]) -> None:
    if not words:
        return
    as_known = await people.as_known(session, [word.handle for word in words])
    words = [replace(word, handle=handle) for word, handle in zip(words, as_known, strict=True) if handle]
    keys = sorted({people.key(word.handle) for word in words})
    kinds, accounts, values = (list(column) for column in zip(*keys, strict=True))
    rows = await session.execute(_KNOWN, {"kinds": kinds, "accounts": accounts, "values": values})
    known: dict[Key, Word] = {}
    for row in rows:
        handle = Handle(kind=row.kind, account=row.account, value=row.value)
        known[people.key(handle)] = Word(handle, Reachability(row.reason), row.occurred_at, row.channel, row.detail)
    before = dict(known)
    for word in words:
        if word.outweighs(known.get(people.key(word.handle))):
            known[people.key(word.handle)] = word
    changed = [word for key, word in known.items() if word is not before.get(key)]
    for word in changed:
        await session.execute(_STORE, _values(word))
    owners = await people.find(session, [people.key(word.handle) for word in changed])
    for word in changed:
        was = before.get(people.key(word.handle))
        owner = owners.get(people.key(word.handle))
        if owner and not (was and was.reason is word.reason):
            kind = HandleReachable if word.reason.is_reachable else HandleUnreachable
            session.emit(
                kind(
                    customer_id=owner[0],
                    handle=word.handle,
                    channel=word.channel,
                    reason=word.reason,
                    occurred_at=word.at,
                    detail=word.detail,
                )
            )


def _values(word: Word) -> dict[str, object]:
    kind, account, value = people.key(word.handle)
    return {
        "kind": kind,
        "account": account,
        "value": value,
        "reason": word.reason.value,
        "reachable": word.reason.is_reachable,
        "occurred_at": word.at,
        "channel": word.channel,
        "detail": word.detail,
    }


async def _move(session: WriteSession, one: Told, item: Moved, words: list[Word], settings: IntakeSettings) -> None:
    """The new address is theirs, unless it is somebody's already: then a person must say who is who."""
    region = settings.default_region
    old, new = one.source.handle(item.old, region), one.source.handle(item.new, region)
    if old is None or new is None:
        return
    owner = (await people.find(session, [people.key(old)])).get(people.key(old))
    words.append(Word(old, Reachability.MOVED, item.at or one.received_at, one.source.channel, None))
    if owner is None:
        return
    if not await people.claim(session, [(new, owner[0])]):
        log.warning("handle.moved_to_a_known_one", channel=one.source.channel)
        return
    for news in (await people.facts_of(session, [owner[0]], settings)).values():
        session.emit(news)
