"""A database of the version before comes up with every message in place, and that version runs on the schema after."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from alembic.command import downgrade
from alembic.config import Config
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine

from services.notifications import service
from services.notifications.delivery.ending import State
from services.notifications.delivery.upkeep import keep_attempts
from shared.ids import new_id
from shared.migrations import upgrade
from tests.notifications.conftest import START, Desk, customer
from tests.support.mail import MailServer
from tests.support.postgres import ScratchPostgres

DIRECTORY = Path(service.__file__).parent / "migrations"
# As the version before wrote them.
_ASK = text("""
    INSERT INTO notification (id, customer_id, template, cause_id, once_for, details, state, created_at,
                              next_attempt_at, attempts)
    VALUES (:id, :customer_id, 'closing', :id, :id, '{"summary": "Done."}', 'pending', :at, :at, 0)
""")
_HAND_OVER = text("""
    UPDATE notification SET state = 'sending', attempts = attempts + 1, next_attempt_at = :dead_at,
        channel_kind = 'email', language = 'en', address = 'lan@example.com', subject = 'Closed', text = 'Done.',
        mailbox = 'lan@example.com', handed_at = :at
    WHERE id = :id
""")
_SETTLE = text("UPDATE notification SET state = :state, reason = :reason, ended_at = :ended_at WHERE id = :id")
_RESTORE = text("UPDATE notification SET attempts = 1, channel_kind = 'email', language = 'en' WHERE id = :id")
"""What a restore made of an event that told of a suppressed message."""
_THANKS = text("UPDATE notification SET template = 'acknowledgement', details = :details WHERE id = :id")
STATES = ("pending", "retried", "sending", "sent", "failed", "suppressed", "overtaken", "unknown", "restored")


async def as_before(desk: Desk, lan: Any, names: tuple[str, ...] = STATES) -> dict[str, Any]:
    """A message in each state that the version before knew, by a name for it."""
    ids = {name: new_id() for name in names}
    async with desk.database.write() as session:
        for name, id_ in ids.items():
            values = {"id": id_, "at": START, "dead_at": START + timedelta(minutes=5)}
            await session.execute(_ASK, values | {"customer_id": lan.customer_id})
            if name not in {"pending", "suppressed", "restored"}:
                await session.execute(_HAND_OVER, values)
            if name == "restored":
                await session.execute(_RESTORE, {"id": id_})
            if name not in {"pending", "sending"}:
                stands = {"retried": "pending", "overtaken": "suppressed", "restored": "suppressed"}
                state = stands.get(name, name)
                reason = None if name == "sent" else f"why {name}"
                ended = None if name == "retried" else START
                await session.execute(_SETTLE, {"id": id_, "state": state, "reason": reason, "ended_at": ended})
    return ids


def _down(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(DIRECTORY))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    downgrade(config, "0005")


@pytest.fixture
async def before(postgres: ScratchPostgres, desk: Desk) -> Desk:
    """The desk's database as revision 0005 left it."""
    engine = create_async_engine(desk.settings.database_url)
    async with engine.begin() as connection:
        await connection.run_sync(_down)
    await engine.dispose()
    return desk


async def by_message(desk: Desk, ids: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    attempts = await desk.attempts()
    return {name: [one for one in attempts if one["notification_id"] == id_] for name, id_ in ids.items()}


async def test_every_message_of_the_version_before_has_its_attempt(
    before: Desk, api: httpx.AsyncClient, mail: MailServer
) -> None:
    lan = customer(language="en")
    ids = await as_before(before, lan)
    await upgrade(before.settings.database_url, DIRECTORY)
    made = await by_message(before, ids)
    assert {name: [one["state"] for one in attempts] for name, attempts in made.items()} == {
        "pending": [],
        "retried": ["unknown"],
        "sending": [],
        "sent": ["accepted"],
        "failed": ["failed"],
        "suppressed": [],
        "overtaken": ["unknown"],
        "unknown": ["unknown"],
        "restored": [],
    }
    assert [row["attempts"] for row in await before.rows() if row["id"] == ids["restored"]] == [0]
    (sent,) = made["sent"]
    wanted = {"number": 1, "provider": "smtp", "form": "mail", "channel_kind": "email", "address": "lan@example.com"}
    assert (wanted | {"subject": "Closed", "text": "Done.", "accepted_at": START}).items() <= sent.items()
    items = {one["id"]: one for one in (await api.get("/notifications")).json()["items"]}
    assert len(items) == len(STATES)
    shown = items[str(ids["sent"])]
    assert (shown["state"], shown["address"], shown["subject"]) == ("sent", "lan@example.com", "Closed")
    await before.deliver(lan)
    before.clock.advance(timedelta(minutes=6))
    await before.send()
    states = {row["id"]: row["state"] for row in await before.rows()}
    for name in ("pending", "retried", "sending"):
        assert states[ids[name]] == State.SENT
    assert len(mail.mails) == 3, "and what has ended is not sent again"


async def test_what_the_version_before_sends_on_the_new_schema_gets_its_attempt(desk: Desk) -> None:
    """While an upgrade rolls, and after a step back. What it has in hand is left to it."""
    lan = customer()
    ids = await as_before(desk, lan)
    for _ in range(2):
        await keep_attempts(desk.database)
    made = await by_message(desk, ids)
    assert {name for name, attempts in made.items() if attempts} == {
        "retried",
        "sent",
        "failed",
        "overtaken",
        "unknown",
    }
    rows = {row["id"]: row for row in await desk.rows()}
    assert rows[ids["sending"]]["attempts_kept"] == 0
    async with desk.database.write() as session:
        settle = {"id": ids["sending"], "state": "sent", "reason": None, "ended_at": START}
        await session.execute(_SETTLE, settle)
    await keep_attempts(desk.database)
    assert [one["state"] for one in (await by_message(desk, ids))["sending"]] == ["accepted"]


async def test_thanks_of_the_version_before_cover_no_case(before: Desk) -> None:
    ids = await as_before(before, customer(), ("sent", "failed"))
    async with before.database.write() as session:
        for name, kind in (("sent", "task"), ("failed", "response")):
            await session.execute(_THANKS, {"id": ids[name], "details": f'{{"kind": "{kind}"}}'})
    await upgrade(before.settings.database_url, DIRECTORY)
    covers = {row["id"]: row["covers_case"] for row in await before.rows()}
    assert covers == {ids["sent"]: False, ids["failed"]: True}
