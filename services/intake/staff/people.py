"""The store of our own people. Each change is an event that names who made it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import text, true
from sqlmodel import col, or_, select

from services.intake.errors import LastAdmin, NoSuchPerson, PersonExists
from services.intake.staff.claims import Identity
from services.intake.staff.roles import Role
from services.intake.staff.schemas import NewPerson
from services.intake.staff.tables import Person
from shared.contracts.intake import PersonUpdated
from shared.database import ReadSession, WriteSession
from shared.ids import new_id
from shared.security import Sessions

FIRST = "admin"
"""The subject of the admin whom the first run makes."""
_POWER = ("roles", "partner", "active")
"""Fields that say what somebody may do: a session that was opened by other ones ends."""
_ALONE = text("LOCK TABLE person IN SHARE ROW EXCLUSIVE MODE")
"""Changes of people wait for each other, so that no two take one subject or email; who reads does not."""


async def add(session: WriteSession, new: NewPerson, *, by: str) -> Person:
    """Adds a person, who is active from now on. Raises PersonExists, or ValueError without subject and email."""
    await session.execute(_ALONE)
    subject = new.subject or new.email
    if subject is None:
        raise ValueError("a subject or an email is needed")
    await _check_free(session, subject, new.email)
    facts = new.model_dump(exclude={"subject", "roles"}) | {"subject": subject, "roles": list(new.roles)}
    person = Person(id=new_id(), active=True, added_at=session.now, changed_at=session.now, **facts)
    session.add(person)
    await session.flush()
    _tell(session, person, by)
    return person


async def change(session: WriteSession, sessions: Sessions, subject: str, said: dict[str, Any], *, by: str) -> Person:
    """Changes a person. Where it changes what they may do, every session of theirs ends.

    `said` holds the fields of a PersonChange that are to change. Raises NoSuchPerson, PersonExists or OSError.
    """
    await session.execute(_ALONE)
    person = await find(session, subject, lock=True)
    news = {name: list(value) if name == "roles" else value for name, value in said.items()}
    news = {name: value for name, value in news.items() if value != getattr(person, name)}
    if not news:
        return person
    if email := said.get("email"):
        await _check_free(session, email, email, but=person.id)
    for name, value in news.items():
        setattr(person, name, value)
    person.changed_at = session.now
    await session.flush()
    _tell(session, person, by)
    if set(_POWER) & news.keys():
        sessions.close_of(subject)  # while the row is locked: whoever signs in meanwhile waits for the new facts
    return person


async def check_admin_left(session: WriteSession, subject: str, said: dict[str, Any]) -> None:
    """Checks that somebody active is an admin after this change. Raises LastAdmin."""
    await session.execute(_ALONE)
    others = [person for person in await every(session) if person.subject != subject]
    if any(person.active and Role.ADMIN in person.roles for person in others):
        return
    person = await find(session, subject)
    was = person.active and Role.ADMIN in person.roles
    active, roles = (said.get(name, getattr(person, name)) for name in ("active", "roles"))
    if was and not (active and Role.ADMIN in roles):
        raise LastAdmin("nobody else is an admin: make somebody one first")


async def _check_free(session: ReadSession, subject: str, email: str | None, *, but: UUID | None = None) -> None:
    """Checks that nobody else has this subject or email, in either place. Raises PersonExists."""
    names = [name for name in (subject, email) if name]
    query = select(Person).where(or_(col(Person.subject).in_(names), col(Person.email).in_(names)))
    if any(person.id != but for person in (await session.exec(query)).all()):
        raise PersonExists("there is a person with this subject or email")


async def find(session: ReadSession, subject: str, *, lock: bool = False) -> Person:
    """The person with this subject. Raises NoSuchPerson."""
    person = await by_subject(session, subject, lock=lock)
    if person is None:
        raise NoSuchPerson("there is no person with this subject")
    return person


async def by_subject(session: ReadSession, subject: str, *, lock: bool = False) -> Person | None:
    query = select(Person).where(Person.subject == subject)
    return (await session.exec(query.with_for_update() if lock else query)).one_or_none()


async def by_email(session: ReadSession, email: str) -> Person | None:
    return (await session.exec(select(Person).where(Person.email == email.strip().lower()))).one_or_none()


async def identified(
    session: WriteSession, sessions: Sessions, who: Identity, roles: list[str] | None, *, by: str
) -> tuple[Person, bool] | None:
    """The person whom the provider has identified, if they may come in; with whether their roles are others now.

    `roles` are those that their groups give, None where groups give none. They are known by their id there, which
    their verified email leads to the first time, and again where they come by another provider. Whoever is nobody yet
    is added where groups give them a role. Raises OSError.
    """
    query = select(Person).where(Person.openid_issuer == who.issuer, Person.openid == who.id)
    as_known = query.where(col(Person.active), true() if roles is None else Person.roles == roles)
    if known := (await session.exec(as_known.with_for_update(read=True))).one_or_none():
        return known, False  # as nearly every time: nobody waits for anybody
    await session.execute(_ALONE)
    person = (await session.exec(query.with_for_update())).one_or_none() or await _to_link(session, who)
    if person is None and roles and who.email is not None and not await by_subject(session, who.email):
        if await by_email(session, who.email) is not None:
            return None
        person = await add(session, NewPerson(name=who.name or who.email, email=who.email, roles=tuple(roles)), by=by)
    if person is None or not person.active or roles == []:
        return None
    person.openid_issuer, person.openid = who.issuer, who.id
    await session.flush()
    if roles is None or roles == person.roles:
        return person, False
    return await change(session, sessions, person.subject, {"roles": roles}, by=by), True


async def _to_link(session: WriteSession, who: Identity) -> Person | None:
    """Whom their verified email leads to, unless that person is another at the same provider."""
    person = await by_email(session, who.email) if who.email is not None else None
    return person if person is not None and person.openid_issuer != who.issuer else None


async def first_admin(session: WriteSession, *, by: str) -> tuple[Person | None, bool]:
    """The admin of an installation's first run, made where nobody is admin yet; with whether that was just now.

    None where the people of this installation are others by now.
    """
    await session.execute(_ALONE)
    everybody = await every(session)
    admins = [person for person in everybody if person.active and Role.ADMIN in person.roles]
    if admins:
        return next((person for person in admins if person.subject == FIRST), None), False
    if any(person.subject == FIRST for person in everybody):
        return None, False
    return await add(session, NewPerson(subject=FIRST, name="Admin", roles=(Role.ADMIN,)), by=by), True


async def every(session: ReadSession) -> Sequence[Person]:
    return (await session.exec(select(Person).order_by(col(Person.subject)))).all()


async def coming_in(session: WriteSession, id_: UUID) -> Person | None:
    """The person who signs in, if they may; until the end of this unit of work nobody changes what they may do."""
    query = select(Person).where(Person.id == id_, col(Person.active))
    return (await session.exec(query.with_for_update(read=True))).one_or_none()


def _tell(session: WriteSession, person: Person, by: str) -> None:
    facts = person.model_dump(exclude={"id", "openid", "openid_issuer", "added_at", "changed_at"})
    session.emit(PersonUpdated(**facts, person_id=person.id, by=by))
