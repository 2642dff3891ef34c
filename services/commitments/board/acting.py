"""A form of the board as a decision about a promise. Pure: (form, promise, who, now) -> decision."""

from __future__ import annotations

from datetime import datetime

from services.commitments.board.lanes import Act
from services.commitments.customer_page.forms import (
    WORDS,
    Form,
    instant_of,
    number_of,
    sentence,
    text_of,
    text_or_none,
)
from services.commitments.errors import DueInThePast, DueTooFar, FieldWrong
from services.commitments.promise import core
from services.commitments.promise.core import Decision, Promise
from shared.contracts.terms import Progress
from shared.translation import N_


def decide(act: Act, form: Form, promise: Promise, *, by: str, now: datetime) -> Decision:
    """Decides what the form asks for. Raises FieldWrong for a field that is wrong, or what the command raises."""
    match act:
        case Act.FULFIL:
            return core.fulfil(promise, now, by=by)
        case Act.PROGRESS:
            return core.tell_progress(promise, _progress(form, promise, now), now, by=by)
        case Act.REVISE:
            return _revise(form, promise, by, now)
        case Act.WARN:
            return core.warn(promise, now, reason=text_of(form, "reason"), early=True)
        case Act.WAIT:
            return core.wait(promise, now, reason=text_of(form, "reason"), by=by)
        case Act.RESUME:
            return core.resume(promise, now, by=by)
        case Act.WITHDRAW:
            return core.withdraw(promise, now, reason=text_of(form, "reason"), by=by)


def _revise(form: Form, promise: Promise, by: str, now: datetime) -> Decision:
    return core.revise(
        promise,
        due_at=_instant(form, "due", promise, now),
        reason=text_of(form, "reason"),
        by=by,
        now=now,
        seen=number_of(form, "revision"),
        words=text_or_none(form, "words"),
        cost=text_or_none(form, "cost"),
    )


def _progress(form: Form, promise: Promise, now: datetime) -> Progress:
    return Progress(
        at=now,
        now_doing=text_of(form, "now_doing", WORDS),
        problems=text_or_none(form, "problems"),
        solution=text_or_none(form, "solution"),
        next_step=text_of(form, "next_step", WORDS),
        next_contact_at=_instant(form, "contact", promise, now),
        steps_done=number_of(form, "steps_done", most=50) if form.get("steps_done", "").strip() else 0,
    )


def _instant(form: Form, name: str, promise: Promise, now: datetime) -> datetime:
    """The instant that the form names, in the future. Raises FieldWrong."""
    at = instant_of(form, name, promise.binds.zone)
    if at is None:
        raise FieldWrong(f"{name}_day", N_("Please choose a day."))
    try:
        core.check_due(at, now)
    except (DueInThePast, DueTooFar) as problem:
        raise FieldWrong(f"{name}_day", sentence(problem)) from None
    return at
