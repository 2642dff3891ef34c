"""From addresses to customers, for a whole batch at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import text

from services.intake.identity import detect_language, normalise
from services.intake.settings import IntakeSettings
from shared.contracts.intake import CustomerCreated, CustomerFacts, CustomerUpdated, Handle, HandleKind, Language
from shared.database import ReadSession, WriteSession
from shared.ids import new_id

if TYPE_CHECKING:
    from services.intake.arrival import Arrival

Key = tuple[str, str, str]
"""(kind, account, value): what is unique about a handle."""

_FIND = text("""
    SELECT h.kind, h.account, h.value, c.id, c.family_id, c.language
    FROM unnest(CAST(:kinds AS text[]), CAST(:accounts AS text[]), CAST(:values AS text[])) AS k (kind, account, value)
    JOIN handle h ON h.kind = k.kind AND h.account = k.account AND h.value = k.value
    JOIN customer c ON c.id = h.customer_id
""")
_CLAIM = text("""
    INSERT INTO handle (kind, account, value, customer_id, first_seen_at)
    SELECT kind, account, value, customer_id, :at
    FROM unnest(CAST(:kinds AS text[]), CAST(:accounts AS text[]), CAST(:values AS text[]), CAST(:ids AS uuid[]))
         AS k (kind, account, value, customer_id)
    ORDER BY kind, account, value
    ON CONFLICT DO NOTHING RETURNING kind, account, value
""")
_CREATE = text("""
    INSERT INTO customer (id, family_id, name, kind, language, created_at)
    SELECT id, id, name, 'external', language, :at
    FROM unnest(CAST(:ids AS uuid[]), CAST(:names AS text[]), CAST(:languages AS text[])) AS c (id, name, language)
""")
_LEARN = text("""
    UPDATE customer c SET language = l.language
    FROM unnest(CAST(:ids AS uuid[]), CAST(:languages AS text[])) AS l (id, language)
    WHERE c.id = l.id AND c.language IS NULL RETURNING c.id, c.name, c.kind, c.language
""")
_HANDLES = text("""
    SELECT customer_id, kind, account, value FROM handle WHERE customer_id = ANY(CAST(:ids AS uuid[]))
    ORDER BY first_seen_at, kind, value
""")
_OWNERS = text("SELECT DISTINCT customer_id FROM handle WHERE kind = :kind AND value = :value")
_STARTING = text("SELECT DISTINCT customer_id FROM handle WHERE value LIKE :pattern LIMIT 200")


@dataclass(frozen=True, slots=True)
class Person:
    """Who a contact is with. `spoken` is the language of this contact, `language` the customer's; None: unknown.

    `news` is what is to be told of the customer before the contact: that they are new, or newly understood.
    """

    id: UUID
    family_id: UUID
    language: Language | None
    spoken: Language | None
    news: CustomerFacts | None = None


def handle_of(arrival: Arrival, region: str) -> Handle | None:
    """The handle in its one form. A chat's value means something within its account only."""
    address = arrival.contact.address
    value = normalise(address.kind, address.value, region) if address else None
    if address is None or value is None:
        return None
    account = arrival.account if address.kind is HandleKind.CHAT else ""
    return Handle(kind=address.kind, account=account, value=value)


def key(handle: Handle) -> Key:
    return handle.kind.value, handle.account, handle.value


async def resolve(session: WriteSession, arrivals: Sequence[Arrival], settings: IntakeSettings) -> list[Person]:
    """The person of each arrival, in their order. Whoever is not known yet is created.

    Somebody who hides their address is a new customer each time: nothing says that two of them are one.
    """
    handles = [handle_of(a, settings.default_region) for a in arrivals]
    spoken = [detect_language(a.contact.text, a.contact.address) for a in arrivals]
    known = await find(session, [key(h) for h in handles if h])
    fresh: dict[Key | int, _New] = {}
    for index, (arrival, handle, language) in enumerate(zip(arrivals, handles, spoken, strict=True)):
        who = key(handle) if handle else index
        if who in known:
            continue
        before = fresh.get(who)
        fresh[who] = _New(
            before.id if before else new_id(),
            handle,
            (before and before.name) or arrival.contact.name,
            (before and before.language) or language,
        )
    news = await _create(session, fresh, known, settings)
    keys: list[Key | int] = [key(h) if h else i for i, h in enumerate(handles)]
    people = [_person(who, known, fresh, language, news) for who, language in zip(keys, spoken, strict=True)]
    return await _learn(session, people, settings)


@dataclass(frozen=True, slots=True)
class _New:
    id: UUID
    handle: Handle | None
    name: str | None
    language: Language | None


Known = dict[Key | int, tuple[UUID, UUID, "Language | None"]]


async def find(session: ReadSession, keys: Sequence[Key]) -> Known:
    """(customer, family, language) by key, of those that are known."""
    if not keys:
        return {}
    kinds, accounts, values = zip(*sorted(set(keys)), strict=True)
    rows = await session.execute(_FIND, {"kinds": list(kinds), "accounts": list(accounts), "values": list(values)})
    return {(r.kind, r.account, r.value): (r.id, r.family_id, r.language) for r in rows}


async def _create(
    session: WriteSession, fresh: Mapping[Key | int, _New], known: Known, settings: IntakeSettings
) -> dict[UUID, CustomerFacts]:
    """Creates them; a handle that somebody else took meanwhile is looked up again into `known`."""
    if not fresh:
        return {}
    won = await claim(session, [(new.handle, new.id) for new in fresh.values() if new.handle])
    lost = [key(n.handle) for n in fresh.values() if n.handle and key(n.handle) not in won]
    known.update(await find(session, lost))
    made = [new for who, new in fresh.items() if who not in known]
    await session.execute(
        _CREATE,
        {
            "ids": [n.id for n in made],
            "names": [n.name for n in made],
            "languages": [n.language for n in made],
            "at": session.now,
        },
    )
    return {
        n.id: CustomerCreated(
            customer_id=n.id,
            name=n.name,
            language=n.language or default_language(settings),
            handles=[n.handle] if n.handle else [],
        )
        for n in made
    }


async def claim(session: WriteSession, handles: Sequence[tuple[Handle, UUID]]) -> set[Key]:
    """Makes each handle the customer's where nobody has it. Returns those that were free."""
    if not handles:
        return set()
    rows = await session.execute(
        _CLAIM,
        {
            "kinds": [h.kind.value for h, _ in handles],
            "accounts": [h.account for h, _ in handles],
            "values": [h.value for h, _ in handles],
            "ids": [id_ for _, id_ in handles],
            "at": session.now,
        },
    )
    return {(r.kind, r.account, r.value) for r in rows}


def _person(
    who: Key | int,
    known: Known,
    fresh: Mapping[Key | int, _New],
    spoken: Language | None,
    news: Mapping[UUID, CustomerFacts],
) -> Person:
    if who in known:
        id_, family, language = known[who]
        return Person(id_, family, language, spoken)
    new = fresh[who]
    return Person(new.id, new.id, new.language, spoken, news[new.id])


async def _learn(session: WriteSession, people: list[Person], settings: IntakeSettings) -> list[Person]:
    """A known customer whose language was not known, and who has now shown it."""
    learned = {p.id: p.spoken for p in people if p.language is None and p.spoken and p.news is None}
    if not learned:
        return people
    rows = (
        await session.execute(_LEARN, {"ids": list(learned), "languages": [str(value) for value in learned.values()]})
    ).all()
    handles = await handles_of(session, [row.id for row in rows])
    news = {
        row.id: CustomerUpdated(
            customer_id=row.id, name=row.name, kind=row.kind, language=row.language, handles=handles.get(row.id, [])
        )
        for row in rows
    }
    return [
        Person(p.id, p.family_id, learned[p.id], p.spoken, news.get(p.id)) if p.id in learned else p for p in people
    ]


async def handles_of(session: ReadSession, ids: Sequence[UUID]) -> dict[UUID, list[Handle]]:
    found: dict[UUID, list[Handle]] = {}
    for row in await session.execute(_HANDLES, {"ids": list(ids)}):
        handle = Handle(kind=HandleKind(row.kind), account=row.account, value=row.value)
        found.setdefault(row.customer_id, []).append(handle)
    return found


def default_language(settings: IntakeSettings) -> Language:
    return "en" if settings.default_language == "en" else "vi"


async def owners(session: ReadSession, kind: str, value: str) -> list[UUID]:
    """Whose handle it is, in any account."""
    return list((await session.execute(_OWNERS, {"kind": kind, "value": value})).scalars())


async def starting_with(session: ReadSession, words: str) -> list[UUID]:
    """Whose handle begins so; `words` in lower case."""
    escaped = words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return list((await session.execute(_STARTING, {"pattern": f"{escaped}%"})).scalars())
