"""Our people, their roles, and what each role may decide alone: asked by every promise, set by those who may."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import Path, Request, status
from pydantic import AwareDatetime, BaseModel, Field

from services.commitments import house_rules
from services.commitments.access import MayRead, MayWrite
from services.commitments.authority import AGENT, MANAGER, Limits, Member, Standing
from services.commitments.errors import OverAuthority, UnknownRole
from services.commitments.house_rules import HouseRule
from services.commitments.money import Amount, Currency, Sum
from services.commitments.schemas import Name, Strict
from services.commitments.wording import At, Every
from shared.database import ReadSession, WriteSession
from shared.routing import Reading, Writing, router
from shared.security import Principal

api = router("/commitments", tags=["commitments"])

AmountsIn = dict[Currency, Amount]


class NewMember(Strict):
    role: Name
    team: Name | None = None
    valid_from: AwareDatetime | None = None


class MemberView(BaseModel):
    """`valid_from` and `set_by` are null for somebody whom nobody has given a role."""

    subject: str
    role: str
    team: str | None
    valid_from: datetime | None = None
    set_by: str | None = None

    @classmethod
    def of(cls, rule: HouseRule[Member]) -> MemberView:
        return cls(
            subject=rule.name,
            role=rule.value.role,
            team=rule.value.team,
            valid_from=rule.valid_from,
            set_by=rule.set_by,
        )


class NewLimits(Strict):
    """Amounts by currency, the largest allowed; null: any amount. A currency that is not named allows nothing."""

    concession: AmountsIn | None
    cost: AmountsIn | None
    goodwill: AmountsIn | None
    shortest_minutes: int | None = Field(None, ge=0, le=525_600)
    longest_days: int | None = Field(None, ge=1, le=3653)
    may_promise_early: bool = False
    administers: bool = False
    valid_from: AwareDatetime | None = None


class LimitsView(BaseModel):
    role: str
    concession: dict[str, Sum] | None
    cost: dict[str, Sum] | None
    goodwill: dict[str, Sum] | None
    shortest_minutes: int | None
    longest_days: int | None
    may_promise_early: bool
    administers: bool
    valid_from: datetime
    set_by: str

    @classmethod
    def of(cls, rule: HouseRule[Limits]) -> LimitsView:
        held = rule.value.model_dump()
        return cls(role=rule.name, valid_from=rule.valid_from, set_by=rule.set_by, **held)


@api.get("/staff")
async def staff(
    request: Request, session: Reading, who: MayRead, at: At = None, history: Every = False
) -> list[MemberView]:
    """Everybody who was given a role. Anybody else is an agent."""
    if history:
        return [MemberView.of(rule) for rule in await house_rules.every(session, Member)]
    then = at or request.app.state.runtime.clock.now()
    return [MemberView.of(rule) for rule in (await house_rules.valid(session, Member, then)).values()]


Subject = Annotated[Name, Path()]


@api.get("/staff/{subject}")
async def member(subject: Subject, request: Request, session: Reading, who: MayRead, at: At = None) -> MemberView:
    rule = await house_rules.one(session, Member, subject, at or request.app.state.runtime.clock.now())
    return MemberView.of(rule) if rule else MemberView(subject=subject, role=AGENT, team=None)


@api.put("/staff/{subject}", status_code=status.HTTP_201_CREATED)
async def set_member(subject: Subject, new: NewMember, session: Writing, who: MayWrite) -> MemberView:
    """A role and a team from an instant on. What they were before stays in the history."""
    await administer(session, who)
    if await house_rules.one(session, Limits, new.role, new.valid_from or session.now) is None:
        raise UnknownRole(f"there is no role {new.role!r}; a role is one that has limits")
    value = Member(role=new.role, team=new.team)
    return MemberView.of(await house_rules.put(session, subject, value, set_by=who.subject, valid_from=new.valid_from))


@api.get("/limits")
async def limits(
    request: Request, session: Reading, who: MayRead, at: At = None, history: Every = False
) -> list[LimitsView]:
    """What each role may decide alone (X3, X9)."""
    if history:
        return [LimitsView.of(rule) for rule in await house_rules.every(session, Limits)]
    then = at or request.app.state.runtime.clock.now()
    return [LimitsView.of(rule) for rule in (await house_rules.valid(session, Limits, then)).values()]


@api.put("/limits/{role}", status_code=status.HTTP_201_CREATED)
async def set_limits(role: Annotated[Name, Path()], new: NewLimits, session: Writing, who: MayWrite) -> LimitsView:
    """The limits of a role from an instant on; a role that has none yet is a new one."""
    await administer(session, who)
    value = Limits.model_validate(new.model_dump(exclude={"valid_from"}))
    return LimitsView.of(await house_rules.put(session, role, value, set_by=who.subject, valid_from=new.valid_from))


async def standing(session: WriteSession, who: Principal) -> Standing:
    """What somebody may now. A token that may do everything is a manager; a person in a browser is what we say."""
    member = await house_rules.one(session, Member, who.subject, session.now)
    role = member.value.role if member else AGENT
    if "*" in who.scopes and (who.session is None or member is None):
        role = MANAGER
    team = member.value.team if member else None
    return Standing(who.subject, role, team, await _limits_of(session, role, session.now))


async def _limits_of(session: ReadSession, role: str, at: datetime) -> Limits:
    rule = await house_rules.one(session, Limits, role, at)
    return rule.value if rule else Limits(concession={}, cost={}, goodwill={})


async def administer(session: WriteSession, who: Principal) -> None:
    """Raises OverAuthority where they may not say what others may.

    A token that may do everything always may: whoever holds it can mend what was set wrongly.
    """
    if "*" in who.scopes and who.session is None:
        return
    asker = await standing(session, who)
    if not asker.limits.administers:
        raise OverAuthority(f"a role of {asker.role} does not say what others may", role=asker.role)
