"""Policies and calendars from their tables, and what they say together."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import text

from services.commitments.calendars import Calendar, NoOpenTime, end_of_day
from services.commitments.calendars.store import calendar_at
from services.commitments.days import end_of_day as end_of_civil_day
from services.commitments.policies.model import Circumstances, Policy, PolicyKind, due_by, first_rule, rule_for
from services.commitments.schemas import day_in
from shared.database import ReadSession

_ALL = text("""
    SELECT kind, channel_kind, within_minutes, valid_from, category, customer_class, calendar
    FROM policy ORDER BY valid_from, id
""")


@dataclass(frozen=True, slots=True)
class Clock:
    """When it is due, by a rule of which kind."""

    kind: PolicyKind
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Rulebook:
    """Every rule there is and was, with the calendars at hand."""

    policies: tuple[Policy, ...]

    @classmethod
    async def load(cls, session: ReadSession) -> Rulebook:
        rows = await session.execute(_ALL)
        return cls(
            tuple(
                Policy(
                    r.kind,
                    r.channel_kind,
                    None if r.within_minutes is None else timedelta(minutes=r.within_minutes),
                    r.valid_from,
                    r.category,
                    r.customer_class,
                    r.calendar,
                )
                for r in rows
            )
        )

    async def clock(
        self, session: ReadSession, kinds: Collection[PolicyKind], of: Circumstances, start: datetime
    ) -> Clock | None:
        """What starts at an instant, by the first of these kinds that has a rule; None where none has."""
        rule = first_rule(self.policies, kinds, of, start)
        if rule is None or rule.within is None:
            return None
        return Clock(PolicyKind(rule.kind), due_by(rule.within, await _calendar(session, rule, start), start))

    async def must(
        self, session: ReadSession, kinds: Collection[PolicyKind], of: Circumstances, start: datetime
    ) -> Clock:
        """As `clock`, of kinds that always have a rule. Raises LookupError where the instant is before all rules."""
        clock = await self.clock(session, kinds, of, start)
        if clock is None:
            raise LookupError(f"no rule of {', '.join(kinds)} was valid at {start}")
        return clock

    async def by_end_of_day(self, session: ReadSession, of: Circumstances, zone: str, now: datetime) -> datetime:
        """By when an escalation is spoken of: as its rule says, else by the end of the day.

        That is when the calendar of the rule closes, or midnight in `zone`.
        """
        rule = rule_for(self.policies, PolicyKind.ESCALATION, of, now)
        calendar = await _calendar(session, rule, now) if rule else None
        if rule is not None and rule.within is not None:
            return due_by(rule.within, calendar, now)
        return end_of_business(calendar, zone, now)


def end_of_business(calendar: Calendar | None, zone: str, now: datetime) -> datetime:
    """When the calendar closes today, or on the next day that opens; without one the end of the day in a zone."""
    if calendar is not None:
        try:
            return end_of_day(calendar, now)
        except NoOpenTime:
            pass
    # In the last millisecond of a day it is the next one that can still end.
    return end_of_civil_day(day_in(zone, now + timedelta(milliseconds=1)), zone)


async def _calendar(session: ReadSession, rule: Policy, at: datetime) -> Calendar | None:
    return await calendar_at(session, rule.calendar, at) if rule.calendar else None
