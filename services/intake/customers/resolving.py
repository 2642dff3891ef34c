"""The resolution of addresses to customers, for a whole batch at once."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import text

from services.intake.customers.identity import detect_language
from services.intake.customers.spellings import others
from services.intake.settings import IntakeSettings
from shared.contracts.intake import CustomerCreated, CustomerFacts, CustomerUpdated, Handle, HandleKind, Language
from shared.database import ReadSession, WriteSession
from shared.ids import new_id

if TYPE_CHECKING:
    from services.intake.arrivals.arrival import Arrival

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
    WHERE c.id = l.id AND c.language IS NULL RETURNING c.id
""")
_FACTS = text("SELECT id, name, kind, language FROM customer WHERE id = ANY(CAST(:ids AS uuid[]))")
_HANDLES = text("""
    SELECT customer_id, kind, account, value FROM handle WHERE customer_id = ANY(CAST(:ids AS uuid[]))
    ORDER BY first_seen_at, kind, value
""")
_OWNERS = text("""
    SELECT DISTINCT customer_id FROM handle WHERE kind = :kind AND value = ANY(CAST(:values AS text[]))
""")
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


def key(handle: Handle) -> Key:
    return handle.kind.value, handle.account, handle.value


def keys_of(handle: Handle) -> list[Key]:
    """Its own, then those of the same address written otherwise: whoever has one of them is the one."""
    kind, account, value = key(handle)
    return [(kind, account, spelling) for spelling in (value, *others(handle.kind, value))]


async def resolve(session: WriteSession, arrivals: Sequence[Arrival], settings: IntakeSettings) -> list[Person]:
    """The person of each arrival, in their order. Whoever is not known yet is created.

    Somebody who hides their address is a new customer each time: nothing says that two of them are one. More
    addresses of the same person (aliases) are theirs from now on, where they are nobody's yet.
    """
    handles = [_handles(a, settings.default_region) for a in arrivals]
    spoken = [detect_language(a.contact.text, a.contact.address) for a in arrivals]
    known = await find(session, [key(h) for hs in handles for h in hs])
    fresh: dict[Key | int, _New] = {}
    whose: list[list[Key | int]] = [[k for h in hs for k in keys_of(h)] or [index] for index, hs in enumerate(handles)]
    adopted = _adopt(handles, known)
    for arrival, mine, keys, language in zip(arrivals, handles, whose, spoken, strict=True):
        if any(who in known for who in keys):
            continue
        new = next((fresh[who] for who in keys if who in fresh), None) or _New(new_id())
        new.learn(mine, arrival.contact.name, language)
        fresh.update(dict.fromkeys(keys, new))
    news = await _create(session, fresh, known, settings)
    people = [_person(keys, known, fresh, language, news) for keys, language in zip(whose, spoken, strict=True)]
    claimed = await _claim_adopted(session, adopted)
    return await _learn(session, people, claimed, settings)


def _handles(arrival: Arrival, region: str) -> list[Handle]:
    contact = arrival.contact
    if not contact.aliases:
        handle = arrival.source.handle(contact.address, region) if contact.address else None
        return [handle] if handle else []
    addresses = [a for a in (contact.address, *contact.aliases) if a]
    found = [arrival.source.handle(address, region) for address in addresses]
    return list(dict.fromkeys(handle for handle in found if handle))


@dataclass(slots=True)
class _New:
    id: UUID
    handles: list[Handle] = field(default_factory=list)
    name: str | None = None
    language: Language | None = None

    def learn(self, handles: Sequence[Handle], name: str | None, language: Language | None) -> None:
        self.handles += [handle for handle in handles if handle not in self.handles]
        self.name, self.language = self.name or name, self.language or language


async def as_known(session: ReadSession, handles: Sequence[Handle | None]) -> list[Handle | None]:
    """Each as it is written down, where somebody has it in another spelling. Asks for nothing where none has two."""
    keys = {k for h in handles if h and others(h.kind, h.value) for k in keys_of(h)}
    if not keys:
        return list(handles)
    kinds, accounts, values = zip(*sorted(keys), strict=True)
    rows = await session.execute(_FIND, {"kinds": list(kinds), "accounts": list(accounts), "values": list(values)})
    there = {(r.kind, r.account, r.value) for r in rows}

    def spelled(handle: Handle) -> Handle:
        value = next((k[2] for k in keys_of(handle) if k in there), handle.value)
        return handle.model_copy(update={"value": value})

    return [spelled(handle) if handle else None for handle in handles]


Known = dict[Key | int, tuple[UUID, UUID, "Language | None"]]


async def find(session: ReadSession, keys: Sequence[Key]) -> Known:
    """(customer, family, language) by key, of those that are known under it or under another spelling of it."""
    if not keys:
        return {}
    also = {k: [(k[0], k[1], spelling) for spelling in others(HandleKind(k[0]), k[2])] for k in set(keys)}
    kinds, accounts, values = zip(*sorted({*also, *chain(*also.values())}), strict=True)
    rows = await session.execute(_FIND, {"kinds": list(kinds), "accounts": list(accounts), "values": list(values)})
    known: Known = {(r.kind, r.account, r.value): (r.id, r.family_id, r.language) for r in rows}
    for asked, spellings in also.items():
        if asked not in known and (found := next((known[k] for k in spellings if k in known), None)):
            known[asked] = found
    return known


async def _create(
    session: WriteSession, fresh: Mapping[Key | int, _New], known: Known, settings: IntakeSettings
) -> dict[UUID, CustomerFacts]:
    """Creates them; a handle that somebody else took meanwhile is looked up again into `known`."""
    if not fresh:
        return {}
    news = list({new.id: new for new in fresh.values()}.values())
    wanted = [(handle, new.id) for new in news for handle in new.handles]
    won = await claim(session, wanted)
    known.update(await find(session, [key(handle) for handle, _ in wanted if key(handle) not in won]))
    made = [new for new in news if not any(key(handle) in known for handle in new.handles)]
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
            handles=n.handles,
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
    keys: Sequence[Key | int],
    known: Known,
    fresh: Mapping[Key | int, _New],
    spoken: Language | None,
    news: Mapping[UUID, CustomerFacts],
) -> Person:
    for who in keys:
        if who in known:
            id_, family, language = known[who]
            return Person(id_, family, language, spoken)
    new = fresh[keys[0]]
    return Person(new.id, new.id, new.language, spoken, news[new.id])


def _adopt(handles: Sequence[Sequence[Handle]], known: Known) -> list[tuple[Handle, UUID]]:
    """Addresses of known people that are nobody's yet: into `known`, and returned to be claimed."""
    adopted = []
    for mine in handles:
        owner = next((known[key(h)] for h in mine if key(h) in known), None) if len(mine) > 1 else None
        for handle in mine if owner else ():
            if owner and key(handle) not in known:
                known[key(handle)] = owner
                adopted.append((handle, owner[0]))
    return adopted


async def _claim_adopted(session: WriteSession, adopted: Sequence[tuple[Handle, UUID]]) -> set[UUID]:
    """Returns whose they are from now on."""
    won = await claim(session, adopted)
    return {owner for handle, owner in adopted if key(handle) in won}


async def _learn(
    session: WriteSession, people: list[Person], claimed: set[UUID], settings: IntakeSettings
) -> list[Person]:
    """Known customers of whom something is new: their language, which they have now shown, or a handle."""
    learned = {p.id: p.spoken for p in people if p.language is None and p.spoken and p.news is None}
    if learned:
        values = {"ids": list(learned), "languages": [str(value) for value in learned.values()]}
        claimed = claimed | set((await session.execute(_LEARN, values)).scalars())
    if not claimed and not learned:
        return people
    news = await facts_of(session, claimed, settings)
    return [replace(p, language=p.language or learned.get(p.id), news=p.news or news.get(p.id)) for p in people]


async def facts_of(session: ReadSession, ids: Collection[UUID], settings: IntakeSettings) -> dict[UUID, CustomerFacts]:
    """These customers as they are now, to be told."""
    rows = (await session.execute(_FACTS, {"ids": list(ids)})).all() if ids else []
    handles = await handles_of(session, [row.id for row in rows]) if rows else {}
    return {
        row.id: CustomerUpdated(
            customer_id=row.id,
            name=row.name,
            kind=row.kind,
            language=row.language or default_language(settings),
            handles=handles.get(row.id, []),
        )
        for row in rows
    }


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
    values = [value, *others(HandleKind(kind), value)]
    return list((await session.execute(_OWNERS, {"kind": kind, "values": values})).scalars())


async def starting_with(session: ReadSession, words: str) -> list[UUID]:
    """Whose handle begins so; `words` in lower case."""
    escaped = words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return list((await session.execute(_STARTING, {"pattern": f"{escaped}%"})).scalars())
