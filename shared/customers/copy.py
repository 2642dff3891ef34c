"""A service's copy of customers in a table of its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from pydantic_core import to_json
from sqlalchemy import text

from shared import bulk
from shared.contracts.intake import CustomerFacts
from shared.customers.model import Changes
from shared.database import WriteSession


def family(table: str, key: str) -> str:
    """The first part of a statement: `family (member)`, everybody who is the same person as one of `:ids`.

    The table has the columns `key` and `merged_into`, with an index on the latter. Merges are followed in both
    directions, and to somebody whom the table does not hold; UNION ends it where links were to run in a circle.
    """
    return f"""
        WITH RECURSIVE family (member) AS (
            SELECT id FROM unnest(CAST(:ids AS uuid[])) AS a (id)
            UNION
            SELECT n.other FROM family f CROSS JOIN LATERAL (
                SELECT merged_into FROM {table} WHERE {key} = f.member AND merged_into IS NOT NULL
                UNION ALL
                SELECT {key} FROM {table} WHERE merged_into = f.member
            ) AS n (other)
        )
    """


def person(table: str, key: str, customers: str) -> str:
    """Two parts of a WITH RECURSIVE: `person (customer_id, person)`, whom each merged customer is in the end.

    `customers` names a table with the customers that are looked for, in its column `customer_id`. Those who are not
    merged into anybody are not in the result, nor are those whose links run in a circle.
    """
    return f"""
        above (customer_id, above) AS (
            SELECT c.{key}, c.merged_into FROM {table} c
            WHERE c.merged_into IS NOT NULL AND c.{key} IN (SELECT customer_id FROM {customers})
            UNION
            SELECT a.customer_id, c.merged_into FROM above a JOIN {table} c ON c.{key} = a.above
            WHERE c.merged_into IS NOT NULL),
        person (customer_id, person) AS (
            SELECT a.customer_id, a.above FROM above a
            WHERE NOT EXISTS (SELECT FROM {table} c WHERE c.{key} = a.above AND c.merged_into IS NOT NULL))
    """


class CustomerCopy:
    """The table in which a service keeps customers, and what it keeps of them."""

    def __init__(self, table: str, kept: Mapping[str, str], *, key: str = "customer_id") -> None:
        """`kept` are the columns that hold a fact of `CustomerFacts` of the same name, with PostgreSQL's types.

        `key` is the column of the customer's id. A service that hears of merges has a column `merged_into`.
        """
        self._key, self._kept = key, dict(kept)
        before, after = (", ".join(f"{of}.{name}" for name in kept) for of in (table, "excluded"))
        learn = bulk.upsert(table, {key: "uuid", **kept}, key=key)
        self._learn = text(f"{learn} WHERE ({before}) IS DISTINCT FROM ({after})")
        self._link = text(bulk.update(table, {key: "uuid", "merged_into": "uuid"}, ["merged_into"], key=key))

    async def write(self, session: WriteSession, changes: Changes) -> None:
        """Stores what was told: one statement for facts and one for links, where there are any.

        A link of somebody who has not been heard of is dropped. Events of one customer come in order, so that the link
        never comes before the customer.
        """
        if changes.facts:
            ids = sorted(changes.facts)
            facts = [changes.facts[id_] for id_ in ids]
            columns = {name: _column(facts, name, type_) for name, type_ in self._kept.items()}
            await session.execute(self._learn, {self._key: ids, **columns})
        if changes.links:
            ids = sorted(changes.links)
            into: list[UUID | None] = [changes.links[id_] for id_ in ids]
            await session.execute(self._link, {self._key: ids, "merged_into": into})


def _column(facts: Iterable[CustomerFacts], name: str, type_: str) -> list[Any]:
    values = (getattr(told, name) for told in facts)
    return [to_json(value).decode() for value in values] if type_ == "jsonb" else list(values)
