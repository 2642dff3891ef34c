"""Policies over HTTP: set with history, shown, and tried on what has been."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from fastapi import status

from services.commitments.access import MayRead
from services.commitments.authority.standing import MayAdminister
from services.commitments.calendars.store import load
from services.commitments.errors import NeverOpen, NoClock, UnknownCalendar
from services.commitments.policies.history import LARGEST, promises_made
from services.commitments.policies.model import ALWAYS
from services.commitments.policies.schemas import NewPolicy, PolicyView, Tried, TriedPromise, Try
from services.commitments.policies.store import Rulebook
from services.commitments.policies.trying import Trial, Verdict, try_policy
from services.commitments.promise.core import FARTHEST
from services.commitments.tables import PolicyRow
from shared.calendars import Calendar, NoOpenTime, add
from shared.configuration import rows
from shared.configuration.model import begins
from shared.database import ReadSession
from shared.problems import Invalid
from shared.routing import Reading, Writing, router

api = router("/commitments/policies", tags=["policies"])

EVER = datetime(1970, 1, 1, tzinfo=UTC)
LOOKED_BACK = timedelta(days=30)
SHOWN = 500


@api.get("")
async def policies(session: Reading, who: MayRead) -> list[PolicyView]:
    """The rules with all their versions; the newest valid one counts."""
    versions = await rows.history(session, PolicyRow)
    return [PolicyView.model_validate(row, from_attributes=True) for row in reversed(versions)]


@api.put("", status_code=status.HTTP_201_CREATED)
async def set_policy(new: NewPolicy, session: Writing, who: MayAdminister) -> PolicyView:
    """Sets a rule from an instant on. What was valid before stays in the history, and what runs keeps its due time."""
    valid_from = begins(new.valid_from, session.now)
    await _calendar_of(session, new, valid_from)
    row = PolicyRow(
        **new.model_dump(mode="json", exclude={"valid_from"}),
        valid_from=valid_from,
        set_by=who.subject,
    )
    return PolicyView.model_validate(await rows.add(session, row), from_attributes=True)


@api.post("/try")
async def try_(body: Try, session: Writing, who: MayRead) -> Tried:
    """Tries a rule on the promises of the last 30 days, or of a span. It changes nothing.

    Promises count whose clock began in the span. Customers' classes and cases' kinds are those of today.
    """
    until = min(body.until or session.now, session.now)
    since = body.since or max(until, session.now - FARTHEST) - LOOKED_BACK
    if since >= until or session.now - since > FARTHEST:
        raise Invalid("a span begins before it ends, and within the last ten years")
    if body.policy.kind.makes is None:
        raise NoClock(f"{body.policy.kind} makes no promise that it could be tried on")
    calendar = await _calendar_of(session, body.policy, session.now)
    made = await promises_made(session, body.policy.kind.makes, since, until)
    rules = await Rulebook.load(session)
    trials = try_policy(body.policy.policy(EVER), rules.policies, calendar, made[:LARGEST], session.now)
    return _tried(trials, since, until, complete=len(made) <= LARGEST)


async def _calendar_of(session: ReadSession, new: NewPolicy, at: datetime) -> Calendar | None:
    """The calendar of a rule, checked. Raises NoClock, UnknownCalendar or NeverOpen."""
    if new.within_minutes is None and new.kind in ALWAYS:
        raise NoClock(f"{new.kind} needs a time")
    if new.calendar is None:
        return None
    calendar = (await load(session, [new.calendar])).at(new.calendar, at)
    if calendar is None:
        raise UnknownCalendar(f"there is no calendar {new.calendar} when the policy begins")
    try:
        add(calendar, at, timedelta(minutes=new.within_minutes or 0))
    except NoOpenTime:
        raise NeverOpen(f"{new.calendar} is not open for so long within ten years") from None
    return calendar


def _tried(trials: list[Trial], since: datetime, until: datetime, *, complete: bool) -> Tried:
    def count(before: Verdict | None = None, after: Verdict | None = None) -> int:
        return sum((before in {None, t.before}) and (after in {None, t.after}) for t in trials)

    moved = [t for t in trials if t.due_after != t.made.due_at]
    return Tried(
        n=len(trials),
        moved=len(moved),
        kept_to_broken=count(Verdict.KEPT, Verdict.BROKEN),
        broken_to_kept=count(Verdict.BROKEN, Verdict.KEPT),
        kept_before=count(before=Verdict.KEPT),
        kept_after=count(after=Verdict.KEPT),
        broken_before=count(before=Verdict.BROKEN),
        broken_after=count(after=Verdict.BROKEN),
        open_before=count(before=Verdict.OPEN),
        open_after=count(after=Verdict.OPEN),
        since=since,
        until=until,
        complete=complete,
        items=[
            TriedPromise(
                commitment_id=t.made.id,
                due_before=t.made.due_at,
                due_after=t.due_after,
                fulfilled_at=t.made.fulfilled_at,
                before=t.before,
                after=t.after,
            )
            for t in moved[:SHOWN]
        ],
    )
