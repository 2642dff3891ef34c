"""Who asks: people of ours with roles, and a token that may do everything."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid5

from services.intake.staff.roles import Role, scopes_of
from shared.contracts.intake import PersonUpdated
from shared.security import Sessions, Tokens
from tests.commitments.conftest import Commitments


def by(kept: Commitments, subject: str, *scopes: str) -> Any:
    """The options of a call made by `subject`, who may read and write promises."""
    held = frozenset(scopes or ("commitments:read", "commitments:write"))
    token = Tokens(kept.runtime.settings, kept.clock).issue(subject, held, lifetime=timedelta(days=400))
    return {"headers": {"Authorization": f"Bearer {token}"}}


def everything(kept: Commitments) -> Any:
    return by(kept, "root", "*")


async def appoint(kept: Commitments, subject: str, *roles: str, early: float = 0, **facts: Any) -> None:
    """Delivers what intake tells of a person who has these roles now, by a clock that is so many seconds behind."""
    person_id = uuid5(UUID(int=0), subject)
    held = {"person_id": person_id, "subject": subject, "name": subject, "active": True, "by": "root", "team": None}
    event = kept.event(PersonUpdated.model_validate({**held, "roles": roles, **facts}))
    await kept.deliver(replace(event, time=event.time - timedelta(seconds=early)))


def sign_in(kept: Commitments, subject: str = "an", *roles: str) -> None:
    """From now on the browser of the fixture is this person's, with these roles, or with an admin's."""
    held = roles or (Role.ADMIN,)
    sessions = Sessions(kept.runtime.settings, kept.clock)
    kept.http.cookies.set(sessions.cookie.name, sessions.open(subject, scopes_of(held), roles=held))


def vnd(amount: str, **more: str) -> dict[str, str]:
    return {"amount": amount, "currency": "VND", **more}
