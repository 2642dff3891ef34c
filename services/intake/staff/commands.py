"""Commands on our own people for ops: invite, list, deactivate."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from pydantic import ValidationError

from services.intake.commands import BY, Place
from services.intake.errors import NoSuchPerson
from services.intake.staff import people
from services.intake.staff.routes import PersonView
from services.intake.staff.schemas import NewPerson, PersonChange
from services.intake.staff.tables import Person
from shared.database import ReadSession
from shared.problems import Invalid
from shared.security.customer_links import SESSION_PATH
from shared.security.sessions import LINK_LIFETIME


class Invitation(NamedTuple):
    """A one-time link by which a person signs in until `ends`."""

    person: Person
    link: str
    ends: datetime


async def invite(here: Place, who: str, roles: Sequence[str], **facts: str | None) -> Invitation:
    """Makes a link for the person with this email or subject, who is added where there is nobody yet.

    What is given of roles and facts becomes so; somebody who was deactivated is active again, and who they were at an
    OpenID provider is forgotten. Raises Invalid where a new person has no role or email, or a value cannot be.
    """
    said: dict[str, Any] = {name: value for name, value in facts.items() if value is not None}
    if roles:
        said["roles"] = roles
    try:
        async with here.database.write(actor=BY) as session:
            person = await _found(session, who)
            if person is None:
                new = NewPerson.model_validate({"name": who.partition("@")[0], "roles": (), **said, "email": who})
                person = await people.add(session, new, by=BY)
            else:
                changes = PersonChange.model_validate(said | {"active": True}).model_dump(exclude_unset=True)
                person = await people.change(session, here.sessions, person.subject, changes, by=BY)
                person.openid_issuer = person.openid = None  # a verified email leads to them again
            ends = session.now + LINK_LIFETIME
    except ValidationError as error:
        raise Invalid(
            "; ".join(f"{e['loc'][0] if e['loc'] else 'person'}: {e['msg']}" for e in error.errors())
        ) from error
    link = here.intake.person_links.url_until(SESSION_PATH, person.id, ends)
    return Invitation(person, link, ends)


async def everybody(here: Place) -> list[dict[str, Any]]:
    async with here.database.read() as session:
        return [PersonView.of(person).model_dump(mode="json") for person in await people.every(session)]


async def deactivate(here: Place, who: str) -> str:
    """Ends all sessions of a person, who cannot come in again. Returns their subject. Raises NoSuchPerson."""
    async with here.database.write(actor=BY) as session:
        person = await _found(session, who)
        if person is None:
            raise NoSuchPerson(f"there is no person with the email or subject {who!r}")
        await people.change(session, here.sessions, person.subject, {"active": False}, by=BY)
        return person.subject


async def _found(session: ReadSession, who: str) -> Person | None:
    return await people.by_email(session, who) or await people.by_subject(session, who)
