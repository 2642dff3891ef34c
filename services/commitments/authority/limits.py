"""The limits within which each role promises alone. Pure.

A role has limits; below them the frontline decides alone (X9), above them somebody else whose role allows it says yes
first (C17, C32). Amounts are limited by currency: nothing says what another currency is worth, so one that a limit
does not name is over it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import ClassVar, Literal, Protocol

from services.commitments.errors import ApprovalNeeded, EarlierThanEstimate
from services.commitments.promise.core import Approval, Promise, Status, check_due
from shared.configuration.model import Setting
from shared.contracts.terms import Money, Over, Terms

AGENT, MANAGER = "agent", "manager"
"""The role of a subject nobody has given one, and of a token that may do everything."""
NOBODY = "nobody"
"""The role of somebody who is no longer one of us."""

Amounts = Mapping[str, Decimal]
LimitName = Literal["concession", "cost", "shortest", "longest", "early"]


class Limits(Setting):
    """The limits within which a role decides alone. Amounts by currency, the largest allowed; None: any amount.

    `shortest_minutes` and `longest_days`: how near and how far a due time may lie. `administers`: may say
    what a role allows, and the budgets.
    """

    kind: ClassVar[str] = "limits"

    concession: Amounts | None
    cost: Amounts | None
    goodwill: Amounts | None
    shortest_minutes: int | None = None
    longest_days: int | None = None
    may_promise_early: bool = False
    administers: bool = False


class Member(Setting):
    """One of our people, as intake told of them. `team` is whose budget their goodwill comes from.

    `roles` stand in their order, and `role` is the first. Those who were given a role here, before intake knew our
    people, have that one alone, until intake tells of them.
    """

    kind: ClassVar[str] = "staff"

    role: str
    team: str | None = None
    roles: tuple[str, ...] = ()
    active: bool = True

    @property
    def ranks(self) -> tuple[str, ...]:
        """The roles they have now: none where they are no longer one of us."""
        return (self.roles or (self.role,)) if self.active else ()


@dataclass(frozen=True, slots=True)
class Standing:
    """A person of ours with their role and its limits, as they are valid now."""

    subject: str
    role: str
    team: str | None
    limits: Limits


def rank(roles: Iterable[str], limits: Mapping[str, Limits]) -> tuple[str, Limits]:
    """The first of these roles that has limits, with them; where none has, the first role, and nothing allowed."""
    roles = [*roles, NOBODY]
    role = next((role for role in roles if role in limits), None)
    return (role, limits[role]) if role else (roles[0], Limits(concession={}, cost={}, goodwill={}))


class HasDue(Protocol):
    @property
    def due_at(self) -> datetime: ...


def allows(largest: Amounts | None, money: Money) -> bool:
    return largest is None or Decimal(money.amount) <= largest.get(money.currency, Decimal(0))


def in_words(largest: Amounts | None, currency: str) -> str:
    return "any amount" if largest is None else f"{largest.get(currency, Decimal(0)):f} {currency}"


def over(terms: Terms, limits: Limits, now: datetime, *, before: Terms | None = None) -> tuple[Over, ...]:
    """The limits that the terms exceed, those of the options included, since a customer can choose any option.

    What stands in `before` as it is was decided already, by somebody who might. Nor is a later time than that too
    early for anybody to say: the customer is better off with it.
    """
    found = [*_over_amounts(terms, limits, before), *_over_times(terms, limits, now, before)]
    return tuple(dict.fromkeys(found))


def _over_amounts(terms: Terms, limits: Limits, before: Terms | None) -> Iterator[Over]:
    settled = {(name, money) for name, money in _amounts(before)} if before else set()
    for name, money in _amounts(terms):
        largest = limits.concession if name == "concession" else limits.cost
        if (name, money) not in settled and not allows(largest, money):
            yield Over(limit=name, allowed=in_words(largest, money.currency), asked=f"{money.amount} {money.currency}")


def _amounts(terms: Terms) -> Iterator[tuple[LimitName, Money]]:
    if terms.concession is not None:
        yield "concession", Money(amount=terms.concession.amount, currency=terms.concession.currency)
    for charge in (terms.charge, *(option.charge for option in terms.options)):
        if charge is not None:
            yield "cost", charge


def _over_times(terms: Terms, limits: Limits, now: datetime, before: Terms | None) -> Iterator[Over]:
    settled = set(_dues(before)) if before else set()
    for due in _dues(terms):
        if due in settled:
            continue
        span = due - now
        if limits.shortest_minutes is not None and span < timedelta(minutes=limits.shortest_minutes):
            yield Over(limit="shortest", allowed=f"{limits.shortest_minutes} minutes", asked=due.isoformat())
        if limits.longest_days is not None and span > timedelta(days=limits.longest_days):
            yield Over(limit="longest", allowed=f"{limits.longest_days} days", asked=due.isoformat())
        if limits.may_promise_early or terms.estimate is None or (before and due > before.due_at):
            continue
        if due < terms.estimate.due_at:
            yield Over(limit="early", allowed=terms.estimate.due_at.isoformat(), asked=due.isoformat())


def _dues(terms: Terms) -> Iterator[datetime]:
    yield terms.due_at
    for option in terms.options:
        yield option.due_at


def check_options(options: Iterable[HasDue], now: datetime) -> None:
    """Checks that every option can still be done in time. Raises DueInThePast or DueTooFar."""
    for option in options:
        check_due(option.due_at, now)


def check_estimate(terms: Terms) -> None:
    """Checks that a time earlier than the estimate has a reason. Raises EarlierThanEstimate."""
    if terms.estimate is None or terms.estimate.override_reason is not None:
        return
    if min(_dues(terms)) < terms.estimate.due_at:
        raise EarlierThanEstimate(
            "this is due before the estimate: say why in override_reason, or promise the later time",
            estimate_due_at=terms.estimate.due_at.isoformat(),
        )


def weigh(new: Promise, author: Standing, now: datetime, *, before: Promise | None = None) -> Promise:
    """The promise with what its author may not decide alone written on it.

    `before`: what it was, where this is a change. A draft waits for its approval. A change of what the customer has
    been told is told with the change itself, so one that is over the limits raises ApprovalNeeded.
    """
    settled = before.binds if before and (before.approval is None or before.approval.state == "approved") else None
    found = over(new.latest, author.limits, now, before=settled)
    if found and new.status is not Status.DRAFT:
        raise ApprovalNeeded(
            f"this change is over what a role of {author.role} decides alone; somebody whose role allows it makes it",
            over=[one.model_dump() for one in found],
        )
    return new._replace(approval=Approval(state="needed", author=author.subject, over=found) if found else None)
