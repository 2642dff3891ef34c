"""Customers as commitments keeps them: name, language and merges from intake's events, zone and class set here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text

from shared import bulk
from shared.contracts.intake import CustomerFacts, Language
from shared.database import ReadSession, WriteSession

_LEARNED = {"id": "uuid", "name": "text", "language": "text", "kind": "text", "merged_into": "uuid"}
_LEARN = text(bulk.upsert("customer", _LEARNED, key="id"))
_SET = text("UPDATE customer SET zone = :zone, customer_class = :customer_class WHERE id = :id RETURNING id")
# Up to the one everybody is merged into, then down to all that are merged into it. Nobody, where we know nobody.
_FAMILY = """
    WITH RECURSIVE up AS (
        SELECT id, merged_into FROM customer WHERE id = ANY(CAST(:ids AS uuid[]))
        UNION SELECT c.id, c.merged_into FROM customer c JOIN up ON c.id = up.merged_into
    ), down AS (
        SELECT id FROM up WHERE merged_into IS NULL
        UNION SELECT c.id FROM customer c JOIN down ON c.merged_into = down.id
    )
"""
_MEMBERS = text(f"{_FAMILY} SELECT id FROM down")
_FAMILIES = text(f"""{_FAMILY}
    SELECT c.id, c.name, c.language, c.kind, c.zone, c.customer_class, c.merged_into FROM customer c
    WHERE c.id IN (SELECT id FROM down UNION SELECT id FROM up)
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
        self._members: dict[UUID, set[UUID]] = defaultdict(set)
        for id_, one in known.items():
            if one.merged_into is not None:
                self._members[one.merged_into].add(id_)
        self.changed: dict[UUID, Known] = {}

    def __iter__(self) -> Iterator[UUID]:
        return iter(self._known)

    def find(self, id: UUID) -> Customer:  # noqa: A002
        """The customer with their zone. No other place decides which zone that is.

        What is not told of somebody is that of whom they are merged into.
        """
        one = self._known.get(id)
        if one is None:
            return self._stranger
        above = [self._known[up] for up in self._way_up(id) if up in self._known]
        zone = next((known.zone for known in above if known.zone), self._stranger.zone)
        named = next((known.customer_class for known in above if known.customer_class), None)
        return Customer(zone, one.language, one.kind, named)

    def language(self, id: UUID, default: Language) -> Language:  # noqa: A002
        return self._known[id].language if id in self._known else default

    def family(self, id: UUID) -> list[UUID]:  # noqa: A002
        """Every customer that is the same person, this one included, known to us or not."""
        *_, top = self._way_up(id)
        family, look_below = {id}, [top] if top in self._known else []
        while look_below:
            one = look_below.pop()
            family.add(one)
            look_below += self._members[one] - family
        return sorted(family)

    def _way_up(self, id: UUID) -> list[UUID]:  # noqa: A002
        """The chain of merges from this customer upwards, this one first."""
        way = [id]
        while (one := self._known.get(way[-1])) is not None and one.merged_into is not None:
            if one.merged_into in way:
                break
            way.append(one.merged_into)
        return way

    def learn(self, facts: CustomerFacts) -> None:
        old = self._known.get(facts.customer_id, Known(None, facts.language))
        self._put(facts.customer_id, old._replace(name=facts.name, language=facts.language, kind=facts.kind))

    def link(self, id: UUID, into: UUID | None) -> None:  # noqa: A002
        """Sets whom a customer is merged into. Nothing is kept of somebody we have not heard of."""
        old = self._known.get(id)
        if old is None:
            return
        if old.merged_into is not None:
            self._members[old.merged_into].discard(id)
        if into is not None:
            self._members[into].add(id)
        self._put(id, old._replace(merged_into=into))

    def _put(self, id: UUID, one: Known) -> None:  # noqa: A002
        if self._known.get(id) != one:
            self._known[id] = self.changed[id] = one


async def gather(session: ReadSession, ids: Collection[UUID], stranger: Customer) -> People:
    """These customers and everybody who is the same person as one of them."""
    rows = await session.execute(_FAMILIES, {"ids": list(ids)})
    return People({row.id: Known(*row[1:]) for row in rows}, stranger)


async def write(session: WriteSession, people: People) -> None:
    """Stores what was learned: name, language, kind, and who is the same as whom."""
    if not people.changed:
        return
    ids = sorted(people.changed)
    values = bulk.columns([people.changed[id_] for id_ in ids], ("name", "language", "kind", "merged_into"))
    await session.execute(_LEARN, values | {"id": ids})


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
    rows = await session.execute(_MEMBERS, {"ids": [id]})
    return sorted({id, *rows.scalars()})


async def languages(session: ReadSession, ids: Collection[UUID]) -> dict[UUID, Language]:
    """The language of each of these customers that we know."""
    rows = await session.execute(_LANGUAGES, {"ids": list(ids)}) if ids else ()
    return {row.id: row.language for row in rows}
