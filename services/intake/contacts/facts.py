"""Facts about contacts: edits, deletions, reactions, receipts.

A contact stays as it was told; a fact stands beside it. Facts come in any order and number: one id is one fact, and
a fact that is here before its contact waits for it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import text

from services.intake.arrivals.arrival import Told
from services.intake.channels.items import Fact
from services.intake.contacts.files import attachments
from services.intake.customers import resolving as people
from services.intake.settings import IntakeSettings
from shared import bulk
from shared.contracts.intake import Handle, InteractionChanged
from shared.database import WriteSession
from shared.ids import new_id
from shared.telemetry import span

if TYPE_CHECKING:
    from services.intake.arrivals.arrival import Arrival
    from services.intake.customers.resolving import Person

_TOLD = {
    "id": "uuid",
    "channel": "text",
    "external_id": "text",
    "about": "text",
    "fact": "text",
    "occurred_at": "timestamptz",
    "received_at": "timestamptz",
    "text": "text",
    "raw_id": "bigint",
    "kind": "text",
    "account": "text",
    "value": "text",
}
_STORE = text(f"""
    INSERT INTO interaction_fact (id, channel, external_id, about, fact, occurred_at, received_at, text, raw_id,
                                  interaction_id, customer_id)
    SELECT k.id, k.channel, k.external_id, k.about, k.fact, k.occurred_at, k.received_at, k.text, k.raw_id,
           i.id, coalesce(i.customer_id, h.customer_id)
    FROM {bulk.unnest(_TOLD, "k")}
    LEFT JOIN interaction i ON i.channel = k.channel AND i.external_id = k.about
    LEFT JOIN handle h ON h.kind = k.kind AND h.account = k.account AND h.value = k.value
    ON CONFLICT (channel, external_id) DO NOTHING RETURNING id, interaction_id, customer_id
""")
_CONTACTS = {"channel": "text", "external_id": "text", "id": "uuid", "customer_id": "uuid"}
# Told already where the customer was known without the contact; the others are told now.
_BIND = text(f"""
    WITH waiting AS (
        SELECT f.id, f.customer_id AS was, k.id AS interaction_id, k.customer_id
        FROM {bulk.unnest(_CONTACTS, "k")}
        JOIN interaction_fact f ON f.channel = k.channel AND f.about = k.external_id AND f.interaction_id IS NULL)
    UPDATE interaction_fact f SET interaction_id = w.interaction_id, customer_id = w.customer_id
    FROM waiting w WHERE f.id = w.id RETURNING f.*, w.was
""")


async def apply(session: WriteSession, told: Sequence[Told], settings: IntakeSettings) -> None:
    """Stores the facts about contacts that are new, and tells them where the customer is known."""
    changes = [(one, one.item) for one in told if isinstance(one.item, Fact)]
    first = {(one.source.channel, fact.external_id): (one, fact) for one, fact in reversed(changes)}
    if not first:
        return
    chosen = [(new_id(), one, fact) for one, fact in reversed(first.values())]
    handles = await people.as_known(session, [_handle(one, fact, settings) for _, one, fact in chosen])
    rows = await session.execute(
        _STORE,
        {
            "id": [id_ for id_, _, _ in chosen],
            "channel": [one.source.channel for _, one, _ in chosen],
            "external_id": [fact.external_id for _, _, fact in chosen],
            "about": [fact.about for _, _, fact in chosen],
            "fact": [fact.fact.value for _, _, fact in chosen],
            "occurred_at": [fact.at or one.received_at for _, one, fact in chosen],
            "received_at": [one.received_at for _, one, _ in chosen],
            "text": [fact.text for _, _, fact in chosen],
            "raw_id": [one.raw_id for _, one, _ in chosen],
            "kind": [h.kind.value if h else None for h in handles],
            "account": [h.account if h else None for h in handles],
            "value": [h.value if h else None for h in handles],
        },
    )
    stored = {row.id: row for row in rows}
    fresh = [(id_, one, fact) for id_, one, fact in chosen if id_ in stored]
    files = await attachments.put(session, [(i, o.source.channel, o.raw_id, f.attachments) for i, o, f in fresh])
    for id_, one, fact in fresh:
        row = stored[id_]
        if row.customer_id is None:
            continue
        with span("fact", one.traceparent):
            session.emit(
                InteractionChanged(
                    customer_id=row.customer_id,
                    interaction_id=row.interaction_id,
                    channel=one.source.channel,
                    fact=fact.fact,
                    about=fact.about,
                    occurred_at=fact.at or one.received_at,
                    received_at=one.received_at,
                    text=fact.text,
                    attachments=tuple(files.get(id_, ())),
                )
            )


def _handle(one: Told, fact: Fact, settings: IntakeSettings) -> Handle | None:
    return one.source.handle(fact.address, settings.default_region) if fact.address else None


async def bind(
    session: WriteSession, arrivals: Sequence[Arrival], ids: Sequence[UUID], persons: Sequence[Person]
) -> None:
    """Facts that were here before these contacts are theirs from now on, and told where they were not yet."""
    columns: Mapping[str, list[Any]] = {
        "channel": [a.source.channel for a in arrivals],
        "external_id": [a.contact.external_id for a in arrivals],
        "id": list(ids),
        "customer_id": [p.id for p in persons],
    }
    for row in sorted((await session.execute(_BIND, columns)).all(), key=lambda row: (row.occurred_at, row.id)):
        if row.was is None:
            session.emit(
                InteractionChanged(
                    customer_id=row.customer_id,
                    interaction_id=row.interaction_id,
                    channel=row.channel,
                    fact=row.fact,
                    about=row.about,
                    occurred_at=row.occurred_at,
                    received_at=row.received_at,
                    text=row.text,
                    attachments=tuple(await attachments.facts_of(session, row.id)),
                )
            )
