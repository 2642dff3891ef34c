"""Goodwill: something beyond what was promised, within a role's authority and a team's budget of the month (C24).

It is a gift and no promise: it opens, moves and closes none.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Annotated, ClassVar
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import Query, Request, status
from pydantic import BaseModel
from sqlalchemy import text

from services.commitments import customers
from services.commitments.access import MayRead, MayWrite
from services.commitments.authority.house_rules import house_rules
from services.commitments.authority.limits import Amounts, Standing, allows, in_words
from services.commitments.authority.money import Amount, Currency, NewGift, Sum
from services.commitments.authority.standing import MayAdminister, standing
from services.commitments.errors import AnotherCustomers, OverAuthority, OverBudget
from services.commitments.fields import Name, Strict, Words
from services.commitments.promise.store import Promises
from services.commitments.promising.routes import Store, one
from services.commitments.wording.glossary import At, Every, as_json, look_at
from shared.configuration import Setting, Version
from shared.contracts.commitments import GoodwillGiven
from shared.contracts.terms import Money
from shared.database import WriteSession
from shared.ids import new_id
from shared.instants import Instant
from shared.problems import Invalid
from shared.routing import Reading, Writing, router

api = router("/commitments/goodwill", tags=["commitments"])

ANY_TEAM = "*"
"""The name of the budget of each team that has none of its own."""

# The row is what two gifts at once meet on: the second adds to what the first has left there.
_GIVE = text("""
    INSERT INTO goodwill_month AS m (month, team, currency, given, gifts) VALUES (:month, :team, :currency, :amount, 1)
    ON CONFLICT (month, team, currency) DO UPDATE SET given = m.given + excluded.given, gifts = m.gifts + 1
    RETURNING given
""")
_GIVEN = text("SELECT team, currency, given, gifts FROM goodwill_month WHERE month = :month ORDER BY team, currency")


class Budget(Setting):
    """A team's budget of goodwill for a calendar month, by currency. A currency that is not named: nothing."""

    kind: ClassVar[str] = "budget"

    amounts: Amounts


class NewBudget(Strict):
    """A new budget. `team` null: each team that has no budget of its own, and those who are in none."""

    team: Name | None = None
    amounts: dict[Currency, Amount]
    valid_from: Instant | None = None


class BudgetView(BaseModel):
    team: str | None
    amounts: dict[str, Sum]
    valid_from: datetime
    set_by: str

    @classmethod
    def of(cls, rule: Version[Budget]) -> BudgetView:
        team = None if rule.name == ANY_TEAM else rule.name
        return cls(team=team, amounts=dict(rule.value.amounts), valid_from=rule.valid_from, set_by=rule.set_by)


class NewGoodwill(NewGift):
    """A gift to a customer. `words` are what the customer is given, in words they read."""

    customer_id: UUID
    words: Words
    case_id: UUID | None = None
    commitment_id: UUID | None = None


class GoodwillView(BaseModel):
    """A gift as it was recorded. `left` is what the team can still give this month in that currency."""

    id: UUID
    customer_id: UUID
    given: Money
    words: str
    by: str
    team: str | None
    left: Sum
    hints: list[dict[str, str]]


class TeamMonth(BaseModel):
    """A team's gifts of a month in one currency: how much, in how many gifts, and what is left of its budget."""

    team: str | None
    currency: str
    budget: Sum
    given: Sum
    gifts: int
    left: Sum


@api.post("", status_code=status.HTTP_201_CREATED)
async def give(new: NewGoodwill, request: Request, session: Writing, who: MayWrite, store: Store) -> GoodwillView:
    """Gives goodwill, something beyond the promise. It moves no date. Over the role or the budget it is refused."""
    giver = await standing(session, who)
    given = new.money()
    if not allows(giver.limits.goodwill, given):
        allowed = in_words(giver.limits.goodwill, given.currency)
        raise OverAuthority(f"a role of {giver.role} gives at most {allowed}", role=giver.role, allowed=allowed)
    hints = await look_at(session, [("words", new.words)])
    if new.commitment_id is not None:
        await _is_theirs(store, session, new.commitment_id, new.customer_id)
    left = await _spend(session, giver, given, month_of(session.now, request.app.state.runtime.settings.default_zone))
    gift = GoodwillGiven(
        customer_id=new.customer_id,
        goodwill_id=new_id(),
        given=given,
        words=new.words,
        by=giver.subject,
        team=giver.team,
        case_id=new.case_id,
        commitment_id=new.commitment_id,
    )
    session.emit(gift)
    return GoodwillView(
        id=gift.goodwill_id,
        customer_id=gift.customer_id,
        given=given,
        words=gift.words,
        by=gift.by,
        team=gift.team,
        left=left,
        hints=as_json(hints),
    )


async def _spend(session: WriteSession, giver: Standing, given: Money, month: date) -> Decimal:
    """Takes the gift out of the budget and returns what is left. Raises OverBudget."""
    budgets = await house_rules.in_force(session, Budget, session.now)
    amount, budget = Decimal(given.amount), _budget(budgets, giver.team or "", given.currency)
    values = {"month": month, "team": giver.team or "", "currency": given.currency, "amount": amount}
    total: Decimal = (await session.execute(_GIVE, values)).scalar_one()
    if total > budget:
        left = f"{budget - (total - amount):f} {given.currency}"
        raise OverBudget(f"the budget of this month has {left} left", left=left)
    return budget - total


async def _is_theirs(store: Promises, session: WriteSession, promise: UUID, customer: UUID) -> None:
    """Checks that the promise is the customer's own, or a merged one's. Raises PromiseNotFound or AnotherCustomers."""
    theirs = (await one(store, session, promise)).customer_id
    if theirs not in await customers.family(session, customer):
        raise AnotherCustomers("that promise is to another customer")


Month = Annotated[
    str | None, Query(pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])$", description="As 2026-03; this one if not given.")
]


@api.get("")
async def goodwill(request: Request, session: Reading, who: MayRead, month: Month = None) -> list[TeamMonth]:
    """The gifts of each team in a month, and what is left of its budget: the one valid at the month's end, or now."""
    now = session.now
    zone = request.app.state.runtime.settings.default_zone
    asked = date.fromisoformat(f"{month}-01") if month else month_of(now, zone)
    budgets = await house_rules.in_force(session, Budget, min(now, end_of(asked, zone)))
    rows = {(r.team, r.currency): r for r in await session.execute(_GIVEN, {"month": asked})}
    named = {("" if team == ANY_TEAM else team, c) for team, rule in budgets.items() for c in rule.value.amounts}
    return [_team_month(key, rows.get(key), _budget(budgets, *key)) for key in sorted(named | set(rows))]


def _team_month(key: tuple[str, str], row: object, budget: Decimal) -> TeamMonth:
    given, gifts = (row.given, row.gifts) if row else (Decimal(0), 0)  # type: ignore[attr-defined]
    return TeamMonth(team=key[0] or None, currency=key[1], budget=budget, given=given, gifts=gifts, left=budget - given)


def _budget(budgets: dict[str, Version[Budget]], team: str, currency: str) -> Decimal:
    rule = budgets.get(team) or budgets.get(ANY_TEAM)
    return rule.value.amounts.get(currency, Decimal(0)) if rule else Decimal(0)


def month_of(at: datetime, zone: str) -> date:
    """The first day of the calendar month there."""
    return at.astimezone(ZoneInfo(zone)).date().replace(day=1)


def end_of(month: date, zone: str) -> datetime:
    after = date(month.year + month.month // 12, month.month % 12 + 1, 1)
    return datetime(after.year, after.month, 1, tzinfo=ZoneInfo(zone)) - timedelta(microseconds=1)


@api.get("/budgets")
async def budgets(session: Reading, who: MayRead, at: At = None, history: Every = False) -> list[BudgetView]:
    if history:
        return [BudgetView.of(rule) for rule in await house_rules.history(session, Budget)]
    then = at or session.now
    return [BudgetView.of(rule) for rule in (await house_rules.in_force(session, Budget, then)).values()]


@api.put("/budgets", status_code=status.HTTP_201_CREATED)
async def set_budget(new: NewBudget, session: Writing, who: MayAdminister) -> BudgetView:
    """Sets a team's budget for each month, from an instant on."""
    if new.team == ANY_TEAM:
        raise Invalid("the budget of any team is set with team null")
    value = Budget.model_validate({"amounts": new.amounts})
    name = new.team or ANY_TEAM
    return BudgetView.of(await house_rules.put(session, name, value, set_by=who.subject, valid_from=new.valid_from))
