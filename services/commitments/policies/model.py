"""Rules of policy: which one counts for what, and when it makes something due. Pure; the rows come from the table."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from shared.calendars import Calendar, NoOpenTime, add
from shared.contracts.intake import ChannelKind
from shared.contracts.terms import CommitmentKind


class PolicyKind(StrEnum):
    """The kind of a rule. All but `next_contact` make promises."""

    RESPONSE = "response"
    NEXT_RESPONSE = "next_response"
    CALL_BACK = "call_back"
    COMPLAINT = "complaint"
    UPDATE = "update"
    FOLLOW_UP = "follow_up"
    ESCALATION = "escalation"
    INFORMATION = "information"
    NEXT_CONTACT = "next_contact"

    @property
    def makes(self) -> CommitmentKind | None:
        """The kind of promise; a complaint is answered as any message is, only sooner."""
        match self:
            case PolicyKind.COMPLAINT:
                return CommitmentKind.RESPONSE
            case PolicyKind.NEXT_CONTACT:
                return None
            case _:
                return CommitmentKind(self.value)


ALWAYS = frozenset({PolicyKind.RESPONSE, PolicyKind.CALL_BACK, PolicyKind.NEXT_CONTACT})
"""A rule of these gives a time: who writes is answered, who called is called, an open case is spoken of."""


@dataclass(frozen=True, slots=True)
class Policy:
    """A rule from an instant on, for all channels, categories or customers where it names none.

    `within` None: no clock, and for an escalation the end of the day. `calendar` names the one whose open time counts.
    """

    kind: str
    channel_kind: str | None
    within: timedelta | None
    valid_from: datetime
    category: str | None = None
    customer_class: str | None = None
    calendar: str | None = None


@dataclass(frozen=True, slots=True)
class Circumstances:
    """The circumstances that rules look at. `classes`: external or internal, after the customer's own class, if any.

    `is_complaint` and `is_later` (not the first message of its open case) choose among the clocks of an answer.
    """

    channel: ChannelKind | None = None
    category: str | None = None
    classes: Sequence[str] = ("external",)
    is_complaint: bool = False
    is_later: bool = False


def rule_for(policies: Sequence[Policy], kind: str, of: Circumstances, at: datetime) -> Policy | None:
    """The most specific of the rules valid `at`, and of equals the newest.

    A rule of the category comes before one of the customer's class, that before one of the channel, and a rule of the
    customer's own class before one of external or internal. `policies` are in the order they were set, so that of two
    from the same instant the later one counts.
    """
    chosen: Policy | None = None
    for policy in policies:
        if policy.kind != kind or policy.valid_from > at or not _fits(policy, of):
            continue
        if chosen is None or _specific(policy, of) >= _specific(chosen, of):
            chosen = policy
    return chosen


def answering(of: Circumstances) -> tuple[PolicyKind, ...]:
    """The kinds of rules that a message's clock may come from, the first that there is counts."""
    kinds = (
        *((PolicyKind.COMPLAINT,) if of.is_complaint else ()),
        *((PolicyKind.NEXT_RESPONSE,) if of.is_later else ()),
    )
    return (*kinds, PolicyKind.RESPONSE)


def first_rule(
    policies: Sequence[Policy], kinds: Collection[PolicyKind], of: Circumstances, at: datetime
) -> Policy | None:
    """The rule of the first of these kinds that has one which gives a time."""
    rules = (rule_for(policies, kind, of, at) for kind in kinds)
    return next((rule for rule in rules if rule is not None and rule.within is not None), None)


def due_by(within: timedelta, calendar: Calendar | None, start: datetime) -> datetime:
    """The due time of a rule: after open time, or plain time where there is no calendar or it never opens again."""
    if calendar is None:
        return start + within
    try:
        return add(calendar, start, within)
    except NoOpenTime:
        return start + within


def _fits(policy: Policy, of: Circumstances) -> bool:
    return (
        policy.channel_kind in {None, of.channel}
        and policy.category in {None, of.category}
        and (policy.customer_class is None or policy.customer_class in of.classes)
    )


def _specific(policy: Policy, of: Circumstances) -> tuple[bool, int, bool]:
    named = policy.customer_class
    of_class = 0 if named is None else len(of.classes) - of.classes.index(named)
    return policy.category is not None, of_class, policy.channel_kind is not None
