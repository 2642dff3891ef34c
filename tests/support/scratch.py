"""A toy service to try the backbone with: its own migrations, one table of effects, no domain.

`fact` makes an event that carries a word, `record_effects` writes the word down, `effects` reads them.
"""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import MetaData, text

from shared.broker import Record
from shared.contracts import Event, parse
from shared.contracts.intake import TOPIC, CaseUpdated
from shared.database import Database, WriteSession
from shared.ids import new_id
from shared.migrations import upgrade
from shared.service import Service
from shared.settings import ServiceSettings
from tests.support.postgres import ScratchPostgres

MIGRATIONS = Path(__file__).with_name("toy_migrations")
NOON = datetime(2026, 3, 2, 5, 0, tzinfo=UTC)
"""Noon in Saigon, a Monday."""
SECRET = "a secret of the tests, long enough"

_EFFECT = text("INSERT INTO effect (key, word) VALUES (:key, :word)")
_EFFECTS = text("SELECT key, word FROM effect ORDER BY id")


def migrated_template(postgres: ScratchPostgres, migrations: Path = MIGRATIONS) -> str:
    """A database with a service's tables, to copy by `postgres.make_database(template)`. Blocks."""
    name = postgres.make_database()
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, upgrade(postgres.url(name), migrations)).result()
    return name


def toy_settings(database_url: str, **others: Any) -> ServiceSettings:
    values = {"database_url": database_url, "broker": "local", "local_broker_url": database_url, "secret_key": SECRET}
    return ServiceSettings(**{**values, **others})


def toy_service(**parts: Any) -> Service:
    """A service `toy` that consumes kept.intake and writes down the words; `parts` are Service's fields."""
    values = {"routers": [], "topics": [TOPIC], "handle": record_effects, "tables": MetaData(), **parts}
    return Service(name="toy", migrations=MIGRATIONS, **values)


def fact(customer: UUID, word: str) -> CaseUpdated:
    return CaseUpdated(customer_id=customer, case_id=customer, kind="request", stated_request=word)


def event_record(customer: UUID, word: str, sequence: int = 1, *, id: UUID | None = None) -> Record:  # noqa: A002
    """The record of a `fact`, as another service's relay would publish it."""
    payload = fact(customer, word)
    data = payload.model_dump_json().encode()
    event = Event(id or new_id(), payload.type, "/elsewhere", str(customer), NOON, sequence, data)
    return Record(TOPIC, event.key, event.data, event.headers())


async def record_effect(session: WriteSession, key: str, word: str) -> None:
    await session.execute(_EFFECT, {"key": key, "word": word})


async def record_effects(session: WriteSession, events: Sequence[Event]) -> None:
    """The handler of the toy: (customer, word) for every event."""
    for event in events:
        payload = parse(event)
        assert isinstance(payload, CaseUpdated)
        await record_effect(session, event.key, payload.stated_request or "")


async def effects(database: Database) -> list[tuple[str, str]]:
    """(key, word) in the order they were written."""
    async with database.read() as session:
        return [(row.key, row.word) for row in await session.execute(_EFFECTS)]


async def words(database: Database) -> list[str]:
    return [word for _, word in await effects(database)]


async def rows(database: Database, statement: str, **values: Any) -> list[Any]:
    async with database.read() as session:
        return list(await session.execute(text(statement), values))


async def until(true: Callable[[], Any], *, within: float = 30.0) -> None:
    """Waits until `true()` is, which may be awaitable. Raises TimeoutError after `within` seconds."""
    async with asyncio.timeout(within):
        while True:
            answer = true()
            if asyncio.iscoroutine(answer):
                answer = await answer
            if answer:
                return
            await asyncio.sleep(0.02)
