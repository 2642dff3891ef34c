"""The requests and answers about policies."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from pydantic import BaseModel, Field

from services.commitments.calendars.schemas import CalendarName
from services.commitments.fields import Name, Strict
from services.commitments.policies.model import Policy, PolicyKind
from services.commitments.policies.trying import Verdict
from shared.contracts.intake import ChannelKind
from shared.instants import Instant


class NewPolicy(Strict):
    """A new rule for the channel, category or class of customers that it names; for all where it names none.

    `within_minutes` null: no clock from then on (for an escalation: the end of the day). In `calendar`, where one is
    named, open time counts. `customer_class` is `external`, `internal`, or a class of your own.
    """

    kind: PolicyKind
    channel_kind: ChannelKind | None = None
    category: Name | None = None
    customer_class: Name | None = None
    within_minutes: int | None = Field(ge=1, le=525_600)
    calendar: CalendarName | None = None
    valid_from: Instant | None = None

    def policy(self, valid_from: datetime) -> Policy:
        within = None if self.within_minutes is None else timedelta(minutes=self.within_minutes)
        return Policy(
            self.kind, self.channel_kind, within, valid_from, self.category, self.customer_class, self.calendar
        )


class PolicyView(BaseModel):
    kind: str
    channel_kind: str | None
    category: str | None
    customer_class: str | None
    within_minutes: int | None
    calendar: str | None
    valid_from: datetime
    set_by: str


class Try(Strict):
    """A rule to try on what was promised from `since` (30 days ago) to `until` (now)."""

    policy: NewPolicy
    since: Instant | None = None
    until: Instant | None = None


class TriedPromise(BaseModel):
    commitment_id: UUID
    due_before: datetime
    due_after: datetime
    fulfilled_at: datetime | None
    before: Verdict
    after: Verdict


class Tried(BaseModel):
    """The effect of a rule on `n` promises: how many would be due at another time, and the verdicts.

    `items` are those it would have changed, at most 500, oldest first; `complete` says that no promise was left out.
    """

    n: int
    moved: int
    kept_to_broken: int
    broken_to_kept: int
    kept_before: int
    kept_after: int
    broken_before: int
    broken_after: int
    open_before: int
    open_after: int
    since: datetime
    until: datetime
    complete: bool
    items: list[TriedPromise]
