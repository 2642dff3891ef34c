"""The filing of a batch of contacts as interactions, customers, cases and events, in a handful of statements.

    unseen -> resolve (who) -> thread (what about) -> insert -> attachments -> emit

The unique index on (channel, external_id) has the last word on copies: where it disagrees with what was read
before, the whole batch is done again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from hashlib import blake2b
from uuid import UUID

import structlog
from sqlalchemy import text

from services.intake.arrivals.arrival import Arrival
from services.intake.cases import threading as casework
from services.intake.channels.items import Contact
from services.intake.channels.mail.authentication import trusted
from services.intake.contacts import facts
from services.intake.contacts.files import attachments
from services.intake.customers import resolving as people
from services.intake.customers import unreachable
from services.intake.customers.resolving import Person
from services.intake.errors import Overtaken
from services.intake.settings import IntakeSettings
from shared import bulk
from shared.contracts.intake import AttachmentFacts, Authentication, InteractionReceived, InteractionSent
from shared.database import WriteSession
from shared.ids import new_id
from shared.security import Marks
from shared.telemetry import span

log = structlog.get_logger()

EVENT_TEXT = 16_000
"""Characters of a text that travel in an event. The interaction's row has all of it."""

_SEEN = text(f"""
    SELECT i.channel, i.external_id, i.digest FROM interaction i
    JOIN {bulk.unnest({"channel": "text", "external_id": "text"}, "k")}
      ON i.channel = k.channel AND i.external_id = k.external_id
""")
_TYPES = {
    "id": "uuid",
    "channel": "text",
    "external_id": "text",
    "customer_id": "uuid",
    "case_id": "uuid",
    "direction": "text",
    "kind": "text",
    "channel_kind": "text",
    "occurred_at": "timestamptz",
    "received_at": "timestamptz",
    "subject": "text",
    "text": "text",
    "ring_count": "int",
    "duration_seconds": "int",
    "agent": "text",
    "automatic": "boolean",
    "raw_id": "bigint",
    "digest": "bigint",
    "reply": "text",
    "message_id": "text",
    "may_be_person": "boolean",
    "no_automatic_answer": "boolean",
    "authentication": "jsonb",
}
_INSERT = text(f"""
    {bulk.insert("interaction", _TYPES)} ON CONFLICT (channel, external_id) DO NOTHING RETURNING id
""")


def digest(contact: Contact) -> int:
    """Tells a copy from another contact under the same id. 64 bits, signed."""
    content = repr((contact.kind.value, contact.address, contact.subject, contact.text, contact.attachments))
    return int.from_bytes(blake2b(content.encode(), digest_size=8).digest(), signed=True)


async def file(
    session: WriteSession, arrivals: Sequence[Arrival], settings: IntakeSettings, marks: Marks
) -> Sequence[Arrival]:
    """Files each contact once and emits its events. Returns those that were new. Raises Overtaken."""
    fresh = await _unseen(session, arrivals)
    if not fresh:
        return []
    known = await people.resolve(session, fresh, settings)
    cases = await casework.thread(session, fresh, known, settings, marks)
    ids = [new_id() for _ in fresh]
    checks = [trusted(a.contact.checked, a.contact.claims, settings.trusted_authserv) for a in fresh]
    rows = [_row(i, a, p, c, s) for i, a, p, c, s in zip(ids, fresh, known, cases.of, checks, strict=True)]
    inserted = await session.execute(_INSERT, {name: [row[name] for row in rows] for name in _TYPES})
    if len(inserted.all()) != len(fresh):
        raise Overtaken
    files = await attachments.put(
        session, [(i, a.source.channel, a.raw_id, a.contact.attachments) for i, a in zip(ids, fresh, strict=True)]
    )
    news = {person.id: person.news for person in known if person.news}
    unreached = await unreachable.of_new_owners(session, news.values())
    for id_, arrival, person, case_id, check in zip(ids, fresh, known, cases.of, checks, strict=True):
        with span("file contact", arrival.traceparent):
            if person.id in news:
                for told in (news.pop(person.id), *unreached.get(person.id, ())):
                    session.emit(told)
            if case_id in cases.news:
                session.emit(cases.news.pop(case_id))
            is_thanks = arrival.key in cases.thanks
            session.emit(
                _fact(id_, arrival, person, case_id, files.get(id_, ()), settings, check, only_thanks=is_thanks)
            )
    await facts.bind(session, fresh, ids, known)
    return fresh


async def _unseen(session: WriteSession, arrivals: Sequence[Arrival]) -> list[Arrival]:
    """Those not filed yet, the first of each id.

    A mail's id is whatever its sender's program writes, and some always write the same one: a mail that brings other
    content under it is a contact of its own. At a provider that gives ids, the first one stays the one.
    """
    fresh, others = await _sorted(session, arrivals)
    return fresh + (await _sorted(session, others))[0]


def _with_own_id(arrival: Arrival) -> Arrival:
    contact = arrival.contact
    own = f"{contact.external_id}#{digest(contact) & (2**64 - 1):016x}"
    return replace(arrival, contact=replace(contact, external_id=own), shares_id=True)


async def _sorted(session: WriteSession, arrivals: Sequence[Arrival]) -> tuple[list[Arrival], list[Arrival]]:
    """(the first of each id that is not filed yet, mails under an id that other content has)."""
    first: dict[tuple[str, str], Arrival] = {}
    digests: dict[tuple[str, str], int] = {}
    others: list[Arrival] = []
    if not arrivals:
        return [], []
    channels, ids = zip(*{a.key for a in arrivals}, strict=True)
    for row in await session.execute(_SEEN, {"channel": list(channels), "external_id": list(ids)}):
        digests[row.channel, row.external_id] = row.digest
    for arrival in arrivals:
        contact, found = arrival.contact, digests.get(arrival.key)
        if found is None:
            first[arrival.key] = arrival
            digests[arrival.key] = digest(contact)
        elif found != digest(contact):
            log.warning("contact.same_id_other_content", channel=arrival.source.channel, id=contact.external_id)
            if contact.external_id == contact.message_id:
                others.append(_with_own_id(arrival))
    return list(first.values()), others


def _row(
    id_: UUID, arrival: Arrival, person: Person, case_id: UUID | None, check: Authentication | None
) -> Mapping[str, object]:
    contact = arrival.contact
    return {
        "id": id_,
        "channel": arrival.source.channel,
        "external_id": contact.external_id,
        "customer_id": person.id,
        "case_id": case_id,
        "direction": contact.direction,
        "kind": contact.kind.value,
        "channel_kind": (contact.channel_kind or arrival.source.kind).value,
        "occurred_at": arrival.occurred_at,
        "received_at": arrival.received_at,
        "subject": contact.subject,
        "text": contact.text,
        "ring_count": contact.ring_count,
        "duration_seconds": contact.duration_seconds,
        "agent": contact.agent,
        "automatic": contact.automatic,
        "raw_id": arrival.raw_id,
        "digest": digest(contact),
        "reply": contact.reply,
        "message_id": contact.message_id,
        "may_be_person": contact.may_be_person,
        "no_automatic_answer": contact.no_automatic_answer,
        "authentication": check.model_dump_json() if check else None,
    }


def _fact(
    id_: UUID,
    arrival: Arrival,
    person: Person,
    case_id: UUID | None,
    files: Sequence[AttachmentFacts],
    settings: IntakeSettings,
    check: Authentication | None,
    *,
    only_thanks: bool,
) -> InteractionReceived | InteractionSent:
    contact = arrival.contact
    common = {
        "customer_id": person.id,
        "interaction_id": id_,
        "case_id": case_id,
        "channel": arrival.source.channel,
        "channel_kind": contact.channel_kind or arrival.source.kind,
        "kind": contact.kind,
        "occurred_at": arrival.occurred_at,
        "received_at": arrival.received_at,
        "subject": contact.subject[:EVENT_TEXT] if contact.subject else None,
        "text": contact.text[:EVENT_TEXT] if contact.text is not None else None,
        "ring_count": contact.ring_count,
        "duration_seconds": contact.duration_seconds,
        "agent": contact.agent,
        "automatic": contact.automatic,
        "attachments": files,
    }
    if contact.direction == "out":
        return InteractionSent.model_validate(common)
    language = person.spoken or person.language or settings.default_language
    reply = contact.reply[:EVENT_TEXT] if contact.reply else None
    own = {
        "language": language,
        "reply": reply,
        "no_automatic_answer": contact.no_automatic_answer,
        "only_thanks": only_thanks,
        "message_id": contact.message_id,
        "authentication": check,
    }
    return InteractionReceived.model_validate(common | own)
