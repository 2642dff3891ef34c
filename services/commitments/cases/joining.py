"""Contacts that join a promise which is unanswered still: one answer is owed for all of them (I4)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from uuid import UUID

from sqlalchemy import text

from services.commitments.cases.owing import heard_of
from services.commitments.policies import PolicyKind
from services.commitments.promise.core import Promise, facts
from shared import bulk
from shared.contracts.commitments import CommitmentJoined
from shared.contracts.intake import InteractionReceived
from shared.database import ReadSession, WriteSession
from shared.handling import Work

_FIND = text("""
    SELECT interaction_id, commitment_id FROM joined_contact WHERE interaction_id = ANY(CAST(:ids AS uuid[]))
""")
_JOIN = text(
    bulk.insert("joined_contact", {"interaction_id": "uuid", "commitment_id": "uuid", "joined_at": "timestamptz"})
)


class Joined:
    """The promise that each of some contacts had joined, and the contacts that have joined one since."""

    def __init__(self, known: Mapping[UUID, UUID]) -> None:
        self._promise_of = dict(known)
        self.new: dict[UUID, UUID] = {}

    def by(self, contacts: Iterable[UUID]) -> frozenset[UUID]:
        """The promises that these contacts had joined."""
        return frozenset(self._promise_of[contact] for contact in contacts if contact in self._promise_of)

    def join(self, work: Work, promise: Promise, contact: InteractionReceived, policy: PolicyKind) -> None:
        """Records once that this promise answers the contact too. The contact that opened it does not join it."""
        id_ = contact.interaction_id
        if id_ == promise.interaction_id or id_ in self._promise_of:
            return
        self._promise_of[id_] = self.new[id_] = promise.id
        terms = facts(promise, promise.binds)
        work.emit(CommitmentJoined(**terms, interaction_id=id_, policy=policy.value, heard=heard_of(contact)))


async def gather(session: ReadSession, contacts: Collection[UUID]) -> Joined:
    rows = await session.execute(_FIND, {"ids": list(contacts)}) if contacts else ()
    return Joined({row.interaction_id: row.commitment_id for row in rows})


async def write(session: WriteSession, joined: Joined) -> None:
    if joined.new:
        contacts, promises = list(joined.new), list(joined.new.values())
        values = {"interaction_id": contacts, "commitment_id": promises, "joined_at": [session.now] * len(contacts)}
        await session.execute(_JOIN, values)
