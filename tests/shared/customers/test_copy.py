"""A copy of customers in a table: what is written of them, and the families that are found there."""

from __future__ import annotations

from random import Random
from uuid import UUID

import pytest
from sqlalchemy import text

from shared.contracts.intake import (
    CustomerCreated,
    CustomerMerged,
    CustomerUnmerged,
    CustomerUpdated,
    Handle,
    HandleKind,
)
from shared.customers import Changes, CustomerCopy, CustomerEvent, Families, family, person
from shared.database import Database, WriteSession
from shared.ids import new_id
from tests.support.statements import counted

COPY = CustomerCopy("toy_customer", {"name": "text", "handles": "jsonb"})
TABLE = """CREATE TEMP TABLE toy_customer (
    customer_id uuid PRIMARY KEY, name text, handles jsonb NOT NULL DEFAULT '[]', merged_into uuid) ON COMMIT DROP"""
PHONE = Handle(kind=HandleKind.PHONE, value="+84901234567")
AN, BINH, CHI = (new_id() for _ in range(3))


async def hear(session: WriteSession, *told: CustomerEvent) -> None:
    changes = Changes()
    for one in told:
        changes.hear(one)
    await COPY.write(session, changes)


async def stored(session: WriteSession) -> dict[UUID, tuple[object, ...]]:
    rows = await session.execute(text("SELECT customer_id, name, handles, merged_into FROM toy_customer"))
    return {row.customer_id: tuple(row[1:]) for row in rows}


async def test_a_copy_keeps_what_its_service_needs_and_who_is_the_same_person(database: Database) -> None:
    an = CustomerCreated(customer_id=AN, name="An", language="vi", handles=[PHONE])
    binh = CustomerCreated(customer_id=BINH, name=None, language="vi", handles=[])
    async with database.write() as session:
        await session.execute(text(TABLE))
        await hear(session, an, binh, CustomerMerged(customer_id=AN, into=BINH, reason="same", by="lan"))
        handles = [{"kind": "phone", "value": PHONE.value, "account": ""}]
        assert await stored(session) == {AN: ("An", handles, BINH), BINH: (None, [], None)}
        await hear(session, CustomerUpdated(customer_id=AN, name="An Le", language="en", handles=[]))
        assert (await stored(session))[AN] == ("An Le", [], BINH), "news of a customer leaves the merge as it is"
        await hear(session, CustomerUnmerged(customer_id=AN, from_customer=BINH, reason="two", by="lan"))
        assert (await stored(session))[AN] == ("An Le", [], None)
        await hear(session, CustomerMerged(customer_id=CHI, into=BINH, reason="same", by="lan"))
        assert CHI not in await stored(session), "nothing is kept of somebody unknown"


async def test_what_changes_nothing_of_the_copy_writes_no_row(database: Database) -> None:
    async with database.write() as session:
        await session.execute(text(TABLE))
        await hear(session, CustomerCreated(customer_id=AN, name="An", language="vi", handles=[PHONE]))
        place = text("SELECT ctid::text FROM toy_customer")
        before = (await session.execute(place)).scalar_one()
        await hear(session, CustomerUpdated(customer_id=AN, name="An", language="en", handles=[PHONE]))
        assert (await session.execute(place)).scalar_one() == before


async def test_a_batch_costs_a_statement_for_facts_and_one_for_links(database: Database) -> None:
    people = [new_id() for _ in range(50)]
    facts = [CustomerCreated(customer_id=id_, name="An", language="vi", handles=[PHONE]) for id_ in people]
    links = [CustomerMerged(customer_id=id_, into=people[0], reason="same", by="lan") for id_ in people[1:]]
    async with database.write() as session:
        await session.execute(text(TABLE))
        with counted(database) as statements:
            await hear(session)
            await hear(session, *facts, *links)
        assert len(statements) == 2


@pytest.mark.parametrize("seed", range(10))
async def test_families_in_a_table_are_those_of_the_model(database: Database, seed: int) -> None:
    """Of customers merged by chance: in chains, in circles, and into somebody unknown."""
    chance = Random(seed)
    people = [UUID(int=n) for n in range(1, 9)]
    links = {one: chance.choice([None, *people]) for one in chance.sample(people, 6)}
    families = Families(links)
    found = text(f"{family('toy_customer', 'customer_id')} SELECT member FROM family")
    is_person = text(f"""
        WITH RECURSIVE sought (customer_id) AS (SELECT unnest(CAST(:ids AS uuid[]))),
        {person("toy_customer", "customer_id", "sought")} SELECT customer_id, person FROM person
    """)
    async with database.write() as session:
        await session.execute(text(TABLE))
        add = text("INSERT INTO toy_customer (customer_id, merged_into) VALUES (:id, :into)")
        await session.execute(add, [{"id": one, "into": into} for one, into in links.items()])
        for one in people:
            members = (await session.execute(found, {"ids": [one]})).scalars().all()
            assert sorted(members) == sorted(families.members(one))
        asked = chance.sample(people, 3)
        together = (await session.execute(found, {"ids": asked})).scalars().all()
        assert set(together) == {member for one in asked for member in families.members(one)}
        tops = {row.customer_id: row.person for row in await session.execute(is_person, {"ids": people})}
    for one in people:
        top = families.above(one)[-1]
        assert tops.get(one, one) == (top if links.get(top) is None else one)
