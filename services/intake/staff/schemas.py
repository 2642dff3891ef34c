"""Request bodies of the API of our own people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from services.intake.staff.roles import POWERS, is_known
from shared.contracts.intake import Language
from shared.instants import Zone

RESERVED = frozenset(
    {"staff", "customer", "customer_page", "owner", "policy", "command", "sign-in", "make up", "roles", ".", ".."}
)
"""Subjects that mean nobody in particular, or a program, or that the API uses itself."""


NEEDED = ("name", "roles", "active")
"""Fields that a change cannot empty."""


def _free(subject: str) -> str:
    if subject in RESERVED:
        raise ValueError(f"{subject!r} is no name of one person")
    return subject


def _known(roles: Sequence[str]) -> Sequence[str]:
    if not any(map(is_known, roles)):
        raise ValueError(f"at least one of {', '.join(POWERS)} is needed")
    if len(set(roles)) != len(roles):
        raise ValueError("a role is given twice")
    return roles


Subject = Annotated[str, StringConstraints(pattern=r"^[^\s/<>,;]{1,254}$"), AfterValidator(_free)]
Email = Annotated[
    str, StringConstraints(to_lower=True, strip_whitespace=True, max_length=254, pattern=r"^[^@\s/<>,;]+@[^@\s/<>,;]+$")
]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Roles = Annotated[tuple[Text, ...], Field(min_length=1, max_length=10), AfterValidator(_known)]


class NewPerson(BaseModel):
    """A person to add. Without a `subject` the email is theirs; one of the two is needed.

    `roles`: beside those that Kept knows, ones that you gave limits in commitments; the first with limits counts there.
    """

    model_config = ConfigDict(extra="forbid")

    subject: Subject | None = None
    name: Text
    email: Email | None = None
    language: Language | None = None
    zone: Zone | None = None
    team: Text | None = None
    roles: Roles
    partner: Text | None = None


class PersonChange(BaseModel):
    """A change of a person: what is named becomes so, and null empties it, but for name, roles and active.

    `active` false: they are signed out and cannot come in again.
    """

    model_config = ConfigDict(extra="forbid")

    name: Text | None = None
    email: Email | None = None
    language: Language | None = None
    zone: Zone | None = None
    team: Text | None = None
    roles: Roles | None = None
    partner: Text | None = None
    active: bool | None = None

    @model_validator(mode="after")
    def _needed(self) -> Self:
        if empty := [name for name in NEEDED if name in self.model_fields_set and getattr(self, name) is None]:
            raise ValueError(f"{', '.join(empty)} cannot be null")
        return self
