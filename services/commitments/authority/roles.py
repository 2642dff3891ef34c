"""Our people's roles, as intake told of them, and what each role may decide alone, which is set here."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import Path, status
from pydantic import BaseModel, Field

from services.commitments.access import MayRead
from services.commitments.authority.house_rules import house_rules
from services.commitments.authority.limits import AGENT, Limits, Member
from services.commitments.authority.money import Amount, Currency, Sum
from services.commitments.authority.standing import MayAdminister
from services.commitments.fields import Name, Strict
from services.commitments.wording.glossary import At, Every
from shared.configuration import Version
from shared.instants import Instant
from shared.routing import Reading, Writing, router

api = router("/commitments", tags=["commitments"])

AmountsIn = dict[Currency, Amount]


class MemberView(BaseModel):
    """A person with their roles and team. `valid_from` and `set_by` are null where nobody has given them a role."""

    subject: str
    role: str
    roles: list[str]
    team: str | None
    active: bool = True
    valid_from: datetime | None = None
    set_by: str | None = None

    @classmethod
    def of(cls, rule: Version[Member]) -> MemberView:
        return cls(
            subject=rule.name,
            role=rule.value.role,
            roles=[*rule.value.ranks],
            team=rule.value.team,
            active=rule.value.active,
            valid_from=rule.valid_from,
            set_by=rule.set_by,
        )


class NewLimits(Strict):
    """The limits to set. Amounts by currency, the largest allowed; null: any amount; a currency not named: none."""

    concession: AmountsIn | None
    cost: AmountsIn | None
    goodwill: AmountsIn | None
    shortest_minutes: int | None = Field(None, ge=0, le=525_600)
    longest_days: int | None = Field(None, ge=1, le=3653)
    may_promise_early: bool = False
    administers: bool = False
    valid_from: Instant | None = None


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
    def of(cls, rule: Version[Limits]) -> LimitsView:
        held = rule.value.model_dump()
        return cls(role=rule.name, valid_from=rule.valid_from, set_by=rule.set_by, **held)


@api.get("/staff")
async def staff(session: Reading, who: MayRead, at: At = None, history: Every = False) -> list[MemberView]:
    """The people whom intake told of, and those given a role here before it did. Any other subject is an agent."""
    if history:
        return [MemberView.of(rule) for rule in await house_rules.history(session, Member)]
    then = at or session.now
    return [MemberView.of(rule) for rule in (await house_rules.in_force(session, Member, then)).values()]


Subject = Annotated[Name, Path()]


@api.get("/staff/{subject}")
async def member(subject: Subject, session: Reading, who: MayRead, at: At = None) -> MemberView:
    rule = await house_rules.one(session, Member, subject, at or session.now)
    return MemberView.of(rule) if rule else MemberView(subject=subject, role=AGENT, roles=[AGENT], team=None)


@api.get("/limits")
async def limits(session: Reading, who: MayRead, at: At = None, history: Every = False) -> list[LimitsView]:
    """The limits within which each role decides alone (X3, X9)."""
    if history:
        return [LimitsView.of(rule) for rule in await house_rules.history(session, Limits)]
    then = at or session.now
    return [LimitsView.of(rule) for rule in (await house_rules.in_force(session, Limits, then)).values()]


@api.put("/limits/{role}", status_code=status.HTTP_201_CREATED)
async def set_limits(role: Annotated[Name, Path()], new: NewLimits, session: Writing, who: MayAdminister) -> LimitsView:
    """Sets the limits of a role from an instant on; a role that has none yet is a new one."""
    value = Limits.model_validate(new.model_dump(exclude={"valid_from"}))
    return LimitsView.of(await house_rules.put(session, role, value, set_by=who.subject, valid_from=new.valid_from))
