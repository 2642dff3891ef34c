"""The authority of whoever asks, by their token and their role. Every promise and every rule asks for it."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends

from services.commitments.authority.house_rules import house_rules
from services.commitments.authority.limits import AGENT, MANAGER, Limits, Member, Standing, rank
from services.commitments.errors import OverAuthority
from shared.database import WriteSession
from shared.routing import Writing
from shared.security import Principal
from shared.security.access import identify, lacking


async def standing(session: WriteSession, who: Principal) -> Standing:
    """The authority of the caller now. A token with every scope is a manager's.

    A person in a browser has the roles with which they signed in. Any other subject has those that intake told of, and
    is an agent where it told of none.
    """
    member = await house_rules.one(session, Member, who.subject, session.now)
    limits = {name: rule.value for name, rule in (await house_rules.in_force(session, Limits, session.now)).items()}
    role, allowed = rank(_roles(who, member.value if member else Member(role=AGENT)), limits)
    return Standing(who.subject, role, member.value.team if member else None, allowed)


def _roles(who: Principal, member: Member) -> tuple[str, ...]:
    if who.session is not None:
        return who.session.roles
    return (MANAGER,) if "*" in who.scopes else member.ranks


ADMIN, WRITE = "commitments:admin", "commitments:write"


async def administrator(session: Writing, who: Annotated[Principal, Depends(identify)]) -> Principal:
    """A dependency of routes that set rules for others: limits, budgets, policies, calendars, words, standards.

    They need the scope `commitments:admin`. Whoever may write may administer where their role's limits say so.
    Raises Unauthenticated, Forbidden or OverAuthority.
    """
    if who.may(ADMIN):
        return who
    if not who.may(WRITE):
        raise lacking(who, ADMIN)
    asker = await standing(session, who)
    if not asker.limits.administers:
        raise OverAuthority(f"a role of {asker.role} does not say what others may", role=asker.role)
    return who


MayAdminister = Annotated[Principal, Depends(administrator)]
