"""A promise is told, and the customer says yes, no, or another time."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Literal

from services.commitments.errors import TooLate, WrongState
from services.commitments.promise.model import Decision, Promise, Status, facts
from services.commitments.promise.rules import Command, check_due, expect, expect_current
from shared.contracts import commitments as told


def draft(promise: Promise) -> Decision:
    """Written down, told to nobody yet."""
    return promise, (told.CommitmentDrafted(**facts(promise)),)


def state(promise: Promise, now: datetime) -> Decision:
    """The promise is told to the customer. From here on it is watched."""
    expect(promise, Command.STATE, now)
    check_due(promise.latest.due_at, now)
    stated = replace(promise, status=Status.STATED, stated_at=now, binding=len(promise.terms), first=len(promise.terms))
    return stated, (told.CommitmentStated(**facts(stated), interaction_id=promise.interaction_id),)


def agree(
    promise: Promise, revision: int, now: datetime, *, by: Literal["customer_page", "agent_record"] = "customer_page"
) -> Decision:
    """The customer says yes to the terms they saw. Saying it twice is saying it once."""
    if promise.status is Status.AGREED and revision == promise.binding == len(promise.terms):
        return promise, ()
    expect(promise, Command.AGREE, now)
    expect_current(promise, revision)
    if now > promise.latest.due_at and promise.waiting_since is None:
        raise TooLate("the new time has passed already; the customer needs another one")
    moved = revision != promise.binding
    agreed = replace(
        promise,
        status=Status.AGREED,
        binding=revision,
        answered=revision,
        stated_at=now if moved else promise.stated_at,
        warned_at=None if moved else promise.warned_at,
    )
    return agreed, (told.CommitmentAgreed(**facts(agreed), by=by),)


def decline(
    promise: Promise, revision: int, reason: str, now: datetime, *, proposed_due_at: datetime | None = None
) -> Decision:
    """The customer says no: to the first terms, and there is no promise; to a change, and the old one binds.

    `proposed_due_at` is what would suit them: it is heard and answered by a revision, it promises nothing by itself.
    What they have agreed to they can withdraw, not decline.
    """
    expect(promise, Command.DECLINE, now)
    expect_current(promise, revision)
    if proposed_due_at is not None:
        check_due(proposed_due_at, now)
    if promise.binding == revision and promise.status is not Status.STATED:
        raise WrongState(f"the promise is {promise.status}", state=promise.status.value, allowed=["stated"])
    if promise.answered == revision:
        return promise, ()
    said = told.CommitmentDeclined(**facts(promise), reason=reason, proposed_due_at=proposed_due_at)
    if promise.binding < revision:
        return replace(promise, answered=revision), (said,)
    declined = replace(promise, status=Status.DECLINED, answered=revision, closed_at=now, waiting_since=None)
    return declined, (said,)


def escalate(promise: Promise, *, to: str, by_when: datetime, reason: str, by: str, now: datetime) -> Decision:
    """Given to somebody who can: `to` speaks with the customer by then. That is a promise of its own (C11)."""
    expect(promise, Command.ESCALATE, now)
    check_due(by_when, now)
    facts_ = facts(promise, promise.binds)
    return promise, (told.CommitmentEscalated(**facts_, to=to, by_when=by_when, reason=reason, by=by),)
