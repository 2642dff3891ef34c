"""Our own yes or no to terms, before or beside the customer's: to terms over a limit, and to a goal."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from services.commitments.errors import NotAGoal, OwnApproval, WrongState
from services.commitments.promise.core.model import Decision, Promise, facts
from services.commitments.promise.core.rules import Command, expect, expect_current
from shared.contracts import commitments as told
from shared.contracts.terms import CommitmentKind


def review(
    promise: Promise,
    decision: Literal["approved", "refused"],
    now: datetime,
    *,
    by: str,
    reason: str,
    seen: int | None = None,
) -> Decision:
    """Approves or refuses terms over a limit; a refusal is answered by a revision.

    Nobody reviews what they wrote. `seen` is the revision they looked at. Raises OwnApproval or WrongState.
    """
    expect(promise, Command.REVIEW, now)
    if seen is not None:
        expect_current(promise, seen)
    if promise.approval is None or promise.approval.state != "needed":
        state = promise.approval.state if promise.approval else "none"
        raise WrongState("there is nothing to approve", state=state, allowed=["needed"])
    if promise.approval.author == by:
        raise OwnApproval("nobody approves or refuses what they wrote themselves")
    reviewed = promise._replace(approval=promise.approval.model_copy(update={"state": decision}))
    said = told.CommitmentReviewed(
        **facts(reviewed), decision=decision, by=by, reason=reason, limit=promise.approval.over
    )
    return reviewed, (said,)


def confirm(promise: Promise, revision: int, now: datetime, *, by: str) -> Decision:
    """Says our yes to a goal; the customer's is `agree`. Saying it twice is saying it once. Raises NotAGoal."""
    if promise.kind is not CommitmentKind.GOAL:
        raise NotAGoal("a goal is confirmed by both sides; any other promise is agreed by the customer alone")
    expect(promise, Command.CONFIRM, now)
    expect_current(promise, revision)
    if promise.confirmed == revision:
        return promise, ()
    confirmed = promise._replace(confirmed=revision)
    return confirmed, (told.CommitmentReviewed(**facts(confirmed), decision="confirmed", by=by),)
