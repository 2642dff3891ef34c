"""The API of our own people: persons, roles, and changes to them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Path, Request
from pydantic import BaseModel

from services.intake.staff import people
from services.intake.staff.roles import POWERS, scopes_of
from services.intake.staff.schemas import NewPerson, PersonChange
from services.intake.staff.tables import Person
from shared.contracts.intake import Language
from shared.paging import Page
from shared.problems import Invalid
from shared.routing import Reading, Writing, router
from shared.security import Principal, require

routes = router("/intake/staff", tags=["staff"])

Reader = Annotated[Principal, Depends(require("intake:read"))]
Admin = Annotated[Principal, Depends(require("intake:admin"))]
Subject = Annotated[str, Path(max_length=254)]


class RoleView(BaseModel):
    """A role with the scopes that it gives, and what it is for."""

    role: str
    scopes: list[str]
    about: str


class PersonView(BaseModel):
    """A person of ours with their roles, and the scopes that these come to."""

    id: UUID
    subject: str
    name: str
    email: str | None
    language: Language | None
    zone: str | None
    team: str | None
    roles: list[str]
    scopes: list[str]
    partner: str | None
    active: bool
    added_at: datetime
    changed_at: datetime

    @classmethod
    def of(cls, person: Person) -> PersonView:
        return cls(**person.model_dump(), scopes=sorted(scopes_of(person.roles)))


@routes.get("/roles")
async def roles(_: Reader) -> list[RoleView]:
    """The roles there are. Limits of a role stand in commitments, at /commitments/limits."""
    return [RoleView(role=role, scopes=sorted(power.scopes), about=power.about) for role, power in POWERS.items()]


@routes.get("")
async def list_people(session: Reading, _: Reader) -> Page[PersonView]:
    """All of them, by subject: there are few."""
    return Page(items=[PersonView.of(person) for person in await people.every(session)])


@routes.get("/{subject}")
async def get_person(subject: Subject, session: Reading, _: Reader) -> PersonView:
    return PersonView.of(await people.find(session, subject))


@routes.post("", status_code=201)
async def add_person(new: NewPerson, session: Writing, who: Admin) -> PersonView:
    """Adds a person. They sign in by a link: `kept staff invite EMAIL` makes one."""
    if new.subject is None and new.email is None:
        raise Invalid("a subject or an email is needed")
    return PersonView.of(await people.add(session, new, by=who.subject))


@routes.patch("/{subject}")
async def change_person(
    subject: Subject, change: PersonChange, session: Writing, request: Request, who: Admin
) -> PersonView:
    """Changes what is named. Whoever may do something else from now on, or nothing, is signed out everywhere.

    Refused where nobody would be left who is an admin.
    """
    said = change.model_dump(exclude_unset=True)
    await people.check_admin_left(session, subject, said)
    return PersonView.of(await people.change(session, request.app.state.sessions, subject, said, by=who.subject))
