"""Policies and calendars from their tables, and what they say together."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import text

from services.commitments.calendars.store import Calendars, load
from services.commitments.policies.model import Circumstances, Policy, PolicyKind, due_by, first_rule, rule_for
from services.commitments.promise.core.days import day_in
from services.commitments.promise.core.days import end_of_day as end_of_civil_day
from shared.calendars import Calendar, NoOpenTime, end_of_day
from shared.database import ReadSession

_ALL = text("""
    SELECT kind, channel_kind, within_minutes, valid_from, category, customer_class, calendar
    FROM policy ORDER BY valid_from, id
""")


@dataclass(frozen=True, slots=True)
class Clock:
    """A due time, and the kind of the rule it comes from."""

    kind: PolicyKind
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Rulebook:
    """The rules with all their versions, and the calendars they name."""

    policies: tuple[Policy, ...]
    calendars: Calendars

    @classmethod
    async def load(cls, session: ReadSession) -> Rulebook:
        policies = tuple(
            Policy(
                r.kind,
                r.channel_kind,
                None if r.within_minutes is None else timedelta(minutes=r.within_minutes),
                r.valid_from,
                r.category,
                r.customer_class,
                r.calendar,
            )
            for r in await session.execute(_ALL)
        )
        return cls(policies, await load(session, {p.calendar for p in policies if p.calendar}))

    def clock(self, kinds: Collection[PolicyKind], of: Circumstances, start: datetime) -> Clock | None:
        """The clock that starts at an instant, by the first of these kinds that has a rule; None where none has."""
        rule = first_rule(self.policies, kinds, of, start)
        if rule is None or rule.within is None:
            return None
        return Clock(PolicyKind(rule.kind), due_by(rule.within, self._calendar(rule, start), start))

    def must(self, kinds: Collection[PolicyKind], of: Circumstances, start: datetime) -> Clock:
        """As `clock`, of kinds that always have a rule. Raises LookupError where the instant is before all rules."""
        clock = self.clock(kinds, of, start)
        if clock is None:
            raise LookupError(f"no rule of {', '.join(kinds)} was valid at {start}")
        return clock

    def by_end_of_day(self, of: Circumstances, zone: str, now: datetime) -> datetime:
        """The due time of an escalation: as its rule says, else by the end of the day.

        That is when the calendar of the rule closes, or midnight in `zone`.
        """
        rule = rule_for(self.policies, PolicyKind.ESCALATION, of, now)
        calendar = self._calendar(rule, now) if rule else None
        if rule is not None and rule.within is not None:
            return due_by(rule.within, calendar, now)
        return end_of_business(calendar, zone, now)

    def _calendar(self, rule: Policy, at: datetime) -> Calendar | None:
        return self.calendars.at(rule.calendar, at) if rule.calendar else None


def end_of_business(calendar: Calendar | None, zone: str, now: datetime) -> datetime:
    """The end of business: when the calendar closes today or on the next open day, else the end of the zone's day."""
    if calendar is not None:
        try:
            return end_of_day(calendar, now)
        except NoOpenTime:
            pass
    # In the last millisecond of a day it is the next one that can still end.
    return end_of_civil_day(day_in(zone, now + timedelta(milliseconds=1)), zone)
