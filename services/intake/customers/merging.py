"""Merges of customers who are one person: reversible links between them, never a move of rows.

The links are the truth. `customer.family_id` repeats what they say (the root of the tree that a customer hangs
in), so that a family is one index look-up.
"""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text

from services.intake.errors import AlreadyMerged, NoSuchCustomer, NotMerged, SameCustomer
from shared.contracts.intake import CustomerMerged, CustomerUnmerged
from shared.database import ReadSession, WriteSession
from shared.ids import new_id

# Two merges at once could close a circle that neither of them sees.
_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtext('customer_link'))")
_FAMILY = text("""
    SELECT m.id FROM customer c JOIN customer m ON m.family_id = c.family_id WHERE c.id = :id ORDER BY m.id
""")
_PLACE = text("""
    SELECT c.id, c.family_id, l.into_id FROM customer c
    LEFT JOIN customer_link l ON l.customer_id = c.id AND l.undone_at IS NULL WHERE c.id = :id
""")
_LINK = text("""
    INSERT INTO customer_link (id, customer_id, into_id, reason, by, at) VALUES (:id, :child, :into, :reason, :by, :at)
""")
_UNDO = text("""
    UPDATE customer_link SET undone_at = :at, undone_by = :by, undone_reason = :reason
    WHERE customer_id = :child AND undone_at IS NULL
""")
_HANG = text("""
    WITH RECURSIVE below (id) AS (
        SELECT CAST(:child AS uuid)
        UNION SELECT l.customer_id FROM customer_link l JOIN below ON l.into_id = below.id WHERE l.undone_at IS NULL)
    UPDATE customer c SET family_id = :family FROM below WHERE c.id = below.id
""")


class _Place(NamedTuple):
    id: UUID
    family_id: UUID
    into_id: UUID | None


async def family_of(session: ReadSession, id_: UUID) -> list[UUID]:
    """Everybody who is this person, in the order they were created. Raises NoSuchCustomer."""
    members = list((await session.execute(_FAMILY, {"id": id_})).scalars())
    if not members:
        raise NoSuchCustomer("there is no such customer")
    return members


async def merged_into(session: ReadSession, id_: UUID) -> UUID | None:
    return (await _place(session, id_)).into_id


async def merge(session: WriteSession, child: UUID, into: UUID, *, reason: str, by: str) -> None:
    """Raises NoSuchCustomer, SameCustomer, AlreadyMerged."""
    if child == into:
        raise SameCustomer("a customer is the same person as themselves already")
    await session.execute(_ONE_AT_A_TIME)
    one, other = await _place(session, child), await _place(session, into)
    if one.family_id == other.family_id:
        raise AlreadyMerged("these two are one person already")
    if one.into_id is not None:
        raise AlreadyMerged("this customer is merged with another; take that back first", into=str(one.into_id))
    values = {"id": new_id(), "child": child, "into": into, "reason": reason, "by": by, "at": session.now}
    await session.execute(_LINK, values)
    await session.execute(_HANG, {"child": child, "family": other.family_id})
    session.emit(CustomerMerged(customer_id=child, into=into, reason=reason, by=by))


async def unmerge(session: WriteSession, child: UUID, *, reason: str, by: str) -> None:
    """Raises NoSuchCustomer, NotMerged."""
    await session.execute(_ONE_AT_A_TIME)
    place = await _place(session, child)
    if place.into_id is None:
        raise NotMerged("this customer is not merged with another")
    await session.execute(_UNDO, {"child": child, "reason": reason, "by": by, "at": session.now})
    await session.execute(_HANG, {"child": child, "family": child})
    session.emit(CustomerUnmerged(customer_id=child, from_customer=place.into_id, reason=reason, by=by))


async def _place(session: ReadSession, id_: UUID) -> _Place:
    row = (await session.execute(_PLACE, {"id": id_})).first()
    if row is None:
        raise NoSuchCustomer(f"there is no customer {id_}")
    return _Place(row.id, row.family_id, row.into_id)
