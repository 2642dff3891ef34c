"""Telling a promise, and the customer's answer: yes, no, or another time."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from services.commitments.errors import NoSuchOption, TooLate, WrongState
from services.commitments.promise.core.model import Decision, Promise, Status, facts
from services.commitments.promise.core.rules import Command, check_due, expect, expect_approved, expect_current
from shared.contracts import commitments as told
from shared.contracts.terms import Option

By = Literal["customer_page", "agent_record"]
"""How we know of an act of the customer: from their own page, or by the record of somebody of ours."""


def draft(promise: Promise, *, by: str | None = None) -> Decision:
    """Makes a draft, told to nobody yet."""
    return promise, (told.CommitmentDrafted(**facts(promise), by=by),)


def state(promise: Promise, now: datetime) -> Decision:
    """States a promise: the customer is told, and from here on it is watched."""
    expect(promise, Command.STATE, now)
    expect_approved(promise)
    check_due(promise.latest.due_at, now)
    last = len(promise.terms)
    stated = promise._replace(status=Status.STATED, stated_at=now, promised_at=now, binding=last, first=last)
    return stated, (told.CommitmentStated(**facts(stated), interaction_id=promise.interaction_id),)


def agree(
    promise: Promise, revision: int, now: datetime, *, by: By = "customer_page", recorded_by: str | None = None
) -> Decision:
    """Agrees for the customer to the terms they saw. Saying it twice is saying it once."""
    if promise.status is Status.AGREED and revision == promise.binding == len(promise.terms):
        return promise, ()
    expect(promise, Command.AGREE, now)
    expect_current(promise, revision)
    if now > promise.latest.due_at and promise.waiting_since is None:
        raise TooLate("the new time has passed already; the customer needs another one")
    moved = revision != promise.binding
    agreed = promise._replace(
        status=Status.AGREED,
        binding=revision,
        answered=revision,
        agreed=revision,
        stated_at=now if moved else promise.stated_at,
        warned_at=None if moved else promise.warned_at,
    )
    return agreed, (told.CommitmentAgreed(**facts(agreed), by=by, recorded_by=recorded_by),)


def choose(
    promise: Promise,
    revision: int,
    option: str,
    now: datetime,
    *,
    by: By = "customer_page",
    recorded_by: str | None = None,
) -> Decision:
    """Chooses one of the options for the customer: it becomes the next revision, and is agreed by that act.

    Of the terms first offered it is no change: what they chose is what was first promised. Choosing it twice is
    choosing it once. Raises NoSuchOption, which names those there are.
    """
    if promise.agreed == promise.binding == len(promise.terms) == revision + 1 and promise.latest.chosen == option:
        return promise, ()
    expect(promise, Command.CHOOSE, now)
    expect_current(promise, revision)
    if not promise.awaits_answer:
        raise WrongState("these terms have been answered", state=promise.status.value, allowed=["stated"])
    taken = _offered(promise, option)
    if now >= taken.due_at:
        raise TooLate("the time of this option has passed already; the customer needs another one")
    new = promise.latest.model_copy(
        update={
            "revision": revision + 1,
            "words": taken.words,
            "due_at": taken.due_at,
            "due_on": None,
            "cost": taken.cost,
            "charge": taken.charge,
            "reason": taken.reason,
            "chosen": taken.name,
            "waited_seconds": 0,
        }
    )
    negotiated = promise.agreed == 0 and promise.binding == revision
    chosen = promise._replace(
        terms=(*promise.terms, new),
        status=Status.AGREED,
        binding=new.revision,
        answered=new.revision,
        agreed=new.revision,
        first=new.revision if negotiated else promise.first,
        stated_at=now,
        warned_at=None,
    )
    return chosen, (told.CommitmentAgreed(**facts(chosen), by=by, recorded_by=recorded_by),)


def _offered(promise: Promise, name: str) -> Option:
    options = {option.name: option for option in promise.latest.options}
    try:
        return options[name]
    except KeyError:
        raise NoSuchOption(f"there is no option {name!r}", options=sorted(options)) from None


def decline(
    promise: Promise,
    revision: int,
    reason: str,
    now: datetime,
    *,
    proposed_due_at: datetime | None = None,
    by: By = "customer_page",
    recorded_by: str | None = None,
) -> Decision:
    """Declines for the customer: without the first terms there is no promise; without a change the old terms bind.

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
    said = told.CommitmentDeclined(
        **facts(promise), reason=reason, proposed_due_at=proposed_due_at, by=by, recorded_by=recorded_by
    )
    if promise.binding < revision:
        return promise._replace(answered=revision), (said,)
    declined = promise._replace(status=Status.DECLINED, answered=revision, closed_at=now, waiting_since=None)
    return declined, (said,)


def escalate(promise: Promise, *, to: str, by_when: datetime, reason: str, by: str, now: datetime) -> Decision:
    """Escalates a promise: `to` speaks with the customer by then, which is a promise of its own (C11)."""
    expect(promise, Command.ESCALATE, now)
    check_due(by_when, now)
    facts_ = facts(promise, promise.binds)
    return promise, (told.CommitmentEscalated(**facts_, to=to, by_when=by_when, reason=reason, by=by),)
