"""What four databases, the topics and the mail server hold, read into memory once everything is quiet."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from services.host import registry
from shared.clock import SystemClock

_LOG = "SELECT id, event_id, type, topic, key, sequence, data FROM event_log ORDER BY id"
_INBOX = "SELECT event_id, received_at FROM inbox"
_PARKED = "SELECT reason FROM parked_event"
_TIMELINE = "SELECT event_id, customer_id, source, sequence FROM timeline_entry"
_INTERACTIONS = "SELECT id, channel, external_id, direction, kind, text FROM interaction"
_QUARANTINE = "SELECT reason FROM quarantine"
_COMMITMENTS = """
    SELECT id, kind, interaction_id, status, outcome, terms -> 0 ->> 'words' AS words FROM commitment
"""
_JOINED = "SELECT interaction_id FROM joined_contact"
_NOTIFICATIONS = "SELECT id, template, once_for, state, attempts FROM notification"
_SURVEYS = "SELECT commitment_id FROM survey"

Row = Any
"""A row by attribute-like names: `row["id"]`."""


@dataclass(frozen=True, slots=True)
class Logged:
    """An event in its service's log; `id` is the log's own, in which the relay publishes."""

    id: int
    event_id: UUID
    type: str
    topic: str
    key: str
    sequence: int
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Published:
    """A record of a topic, in the order of its partition."""

    topic: str
    key: str
    source: str
    sequence: int
    event_id: UUID


@dataclass(frozen=True, slots=True)
class Subscription:
    """What a service consumes: the types that it `wants` of these topics."""

    topics: Collection[str]
    wants: Callable[[str], bool]


@dataclass(frozen=True)
class Facts:
    """`log`, `inbox` and `parked` by service; `mails` counts Message-IDs."""

    log: Mapping[str, Sequence[Logged]]
    inbox: Mapping[str, Mapping[UUID, datetime]]
    parked: Mapping[str, Sequence[str]]
    timeline: Sequence[Row]
    interactions: Sequence[Row]
    quarantine: Sequence[str]
    commitments: Sequence[Row]
    joined: Sequence[Row]
    notifications: Sequence[Row]
    surveyed: Sequence[UUID]
    mails: Counter[str]
    published: Sequence[Published]


def subscriptions() -> dict[str, Subscription]:
    """What each service consumes."""
    found = {}
    for name in registry.NAMES:
        entry = registry.find(name)
        settings = entry.settings(database_url="unused", broker="local", secret_key="x" * 40)
        service = entry.build(settings, SystemClock())
        found[name] = Subscription(frozenset(service.topics), service.wants)
    return found


async def gather(databases: Mapping[str, str], published: Sequence[Published], mails: Counter[str]) -> Facts:
    """`databases` are libpq addresses by service."""
    rows: dict[str, dict[str, list[Row]]] = {}
    own = {
        "intake": {"timeline": _TIMELINE, "interactions": _INTERACTIONS, "quarantine": _QUARANTINE},
        "commitments": {"commitments": _COMMITMENTS, "joined": _JOINED},
        "notifications": {"notifications": _NOTIFICATIONS},
        "feedback": {"surveyed": _SURVEYS},
    }
    for name, dsn in databases.items():
        statements = {"log": _LOG, "inbox": _INBOX, "parked": _PARKED, **own[name]}
        connection = await asyncpg.connect(dsn)
        try:
            rows[name] = {what: await connection.fetch(statement) for what, statement in statements.items()}
        finally:
            await connection.close()
    return Facts(
        log={name: [_logged(row) for row in found["log"]] for name, found in rows.items()},
        inbox={name: {r["event_id"]: r["received_at"] for r in found["inbox"]} for name, found in rows.items()},
        parked={name: [r["reason"] for r in found["parked"]] for name, found in rows.items()},
        timeline=rows["intake"]["timeline"],
        interactions=rows["intake"]["interactions"],
        quarantine=[r["reason"] for r in rows["intake"]["quarantine"]],
        commitments=rows["commitments"]["commitments"],
        joined=rows["commitments"]["joined"],
        notifications=rows["notifications"]["notifications"],
        surveyed=[r["commitment_id"] for r in rows["feedback"]["surveyed"]],
        mails=mails,
        published=published,
    )


def _logged(row: Row) -> Logged:
    return Logged(
        row["id"], row["event_id"], row["type"], row["topic"], row["key"], row["sequence"], json.loads(row["data"])
    )
