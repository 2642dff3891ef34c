"""Customers as commitments keeps them: name, language and merges from intake's events, zone and class set here."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text

from shared.contracts.intake import CustomerFacts, CustomerMerged, Language
from shared.customers import Changes, CustomerCopy, CustomerEvent, Families
from shared.customers import family as family_of
from shared.database import ReadSession, WriteSession

_COPY = CustomerCopy("customer", {"name": "text", "language": "text", "kind": "text"}, key="id")
_FAMILY = family_of("customer", "id")
_SET = text("UPDATE customer SET zone = :zone, customer_class = :customer_class WHERE id = :id RETURNING id")
_MEMBERS = text(f"{_FAMILY} SELECT member FROM family")
_FAMILIES = text(f"""{_FAMILY}
    SELECT c.id, c.name, c.language, c.kind, c.zone, c.customer_class, c.merged_into FROM customer c
    WHERE c.id IN (SELECT member FROM family)
""")
_LANGUAGES = text("SELECT id, language FROM customer WHERE id = ANY(CAST(:ids AS uuid[]))")


@dataclass(frozen=True, slots=True)
class Customer:
    """A customer as clocks need them; the defaults are those of one we have not heard of.

    `kind` is external or internal, `customer_class` a class of the company's own.
    """

    zone: str
    language: Language
    kind: str = "external"
    customer_class: str | None = None

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes that rules look at, the customer's own first."""
        return (self.kind,) if self.customer_class is None else (self.customer_class, self.kind)


class Known(NamedTuple):
    """A customer as our table has them."""

    name: str | None
    language: Language
    kind: str = "external"
    zone: str | None = None
    customer_class: str | None = None
    merged_into: UUID | None = None


class People:
    """Customers with everybody who is the same person, in memory. `stranger` is one we know nothing of."""

    def __init__(self, known: Mapping[UUID, Known], stranger: Customer) -> None:
        self._known, self._stranger = dict(known), stranger
        self._families = Families({id_: one.merged_into for id_, one in known.items()})
        self.changes = Changes()

    def find(self, id: UUID) -> Customer:  # noqa: A002
        """The customer with their zone and class. No other place decides which those are."""
        one = self._known.get(id)
        if one is None:
            return self._stranger
        zone = self._families.nearest(id, lambda above: self._told(above).zone)
        named = self._families.nearest(id, lambda above: self._told(above).customer_class)
        return Customer(zone or self._stranger.zone, one.language, one.kind, named)

    def language(self, id: UUID, default: Language) -> Language:  # noqa: A002
        return self._known[id].language if id in self._known else default

    def family(self, id: UUID) -> list[UUID]:  # noqa: A002
        """Every customer that is the same person, this one included, known to us or not."""
        return self._families.members(id)

    def hear(self, told: CustomerEvent) -> None:
        """Takes in what an event tells. Nothing is kept of a merge of somebody we have not heard of."""
        old = self._known.get(told.customer_id)
        new = _after(old, told)
        if new is None or new == old:
            return
        self._known[told.customer_id] = new
        self._families.link(told.customer_id, new.merged_into)
        self.changes.hear(told)

    def _told(self, id: UUID) -> Known:  # noqa: A002
        return self._known.get(id, Known(None, self._stranger.language))


def _after(old: Known | None, told: CustomerEvent) -> Known | None:
    """A customer after an event; None where there is none to merge."""
    if isinstance(told, CustomerFacts):
        return (old or Known(None, told.language))._replace(name=told.name, language=told.language, kind=told.kind)
    if old is None:
        return None
    return old._replace(merged_into=told.into if isinstance(told, CustomerMerged) else None)


async def gather(session: ReadSession, ids: Collection[UUID], stranger: Customer) -> People:
    """These customers and everybody who is the same person as one of them."""
    rows = await session.execute(_FAMILIES, {"ids": list(ids)})
    return People({row.id: Known(*row[1:]) for row in rows}, stranger)


async def write(session: WriteSession, people: People) -> None:
    """Stores what was learned: name, language, kind, and who is the same as whom."""
    await _COPY.write(session, people.changes)


async def find(session: ReadSession, id: UUID, *, default: Customer) -> Customer:  # noqa: A002
    return (await gather(session, [id], default)).find(id)


async def zones(session: ReadSession, ids: Collection[UUID], *, default: Customer) -> dict[UUID, str]:
    """The time zone of each of these customers."""
    people = await gather(session, ids, default)
    return {id_: people.find(id_).zone for id_ in ids}


async def tell(session: WriteSession, id: UUID, *, zone: str | None, customer_class: str | None) -> bool:  # noqa: A002
    """Sets a customer's zone and class, which intake does not know. False for a customer we have not heard of."""
    values = {"id": id, "zone": zone, "customer_class": customer_class}
    return (await session.execute(_SET, values)).scalar_one_or_none() is not None


async def family(session: ReadSession, id: UUID) -> list[UUID]:  # noqa: A002
    """Every customer that is the same person, this one included, known to us or not."""
    return list((await session.execute(_MEMBERS, {"ids": [id]})).scalars())


async def languages(session: ReadSession, ids: Collection[UUID]) -> dict[UUID, Language]:
    """The language of each of these customers that we know."""
    rows = await session.execute(_LANGUAGES, {"ids": list(ids)}) if ids else ()
    return {row.id: row.language for row in rows}
