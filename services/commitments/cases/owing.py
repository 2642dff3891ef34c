"""Promises that policy makes, stated as soon as they are made. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from services.commitments.cases.sentences import SAYS
from services.commitments.cases.watch import Case
from services.commitments.customers import Customer
from services.commitments.policies import Circumstances, PolicyKind
from services.commitments.promise.core import Decision, Promise, state
from shared.contracts.commitments import Heard
from shared.contracts.intake import CaseFacts, ChannelKind, InteractionReceived, Language
from shared.contracts.terms import Terms


def owed(
    id: UUID,  # noqa: A002
    kind: PolicyKind,
    customer_id: UUID,
    to: Customer,
    *,
    since: datetime,
    due_at: datetime,
    language: Language | None = None,
    slots: dict[str, str] | None = None,
    about: str | None = None,
    heard: Heard | None = None,
    **facts: Any,
) -> Decision:
    """A promise of policy whose clock runs from `since`. `slots` fill the words, `facts` are fields of the promise.

    `about` are the words of the promise it is given for, `heard` is of the contact it answers.

    Raises ValueError for a kind that makes no promise.
    """
    if kind.makes is None:
        raise ValueError(f"{kind} makes no promise")
    says = SAYS[kind][language or to.language]
    words = says.words.format_map(slots) if slots else says.words
    terms = (Terms(revision=1, words=words, due_at=due_at, zone=to.zone, cost=says.cost),)
    promise = Promise(id=id, customer_id=customer_id, kind=kind.makes, terms=terms, **facts)
    stated, events = state(promise, since)
    return stated, tuple(
        event.model_copy(update={"policy": kind.value, "about": about, "heard": heard}) for event in events
    )


def heard_of(contact: InteractionReceived) -> Heard:
    return Heard(
        message_id=contact.message_id,
        subject=contact.subject,
        no_automatic_answer=contact.no_automatic_answer,
        authentication=contact.authentication,
    )


def of_contact(contact: InteractionReceived, case: Case | None, to: Customer) -> Circumstances:
    if case is None:
        return Circumstances(contact.channel_kind, None, to.classes)
    is_later = case.open and case.first_contact != contact.interaction_id
    return Circumstances(contact.channel_kind, case.category, to.classes, case.is_complaint, is_later)


def of_case(case: Case | CaseFacts, to: Customer) -> Circumstances:
    return Circumstances(None, case.category, to.classes, case.kind == "complaint")


def of_promise(promise: Promise, to: Customer) -> Circumstances:
    channel = ChannelKind(promise.channel_kind) if promise.channel_kind else None
    return Circumstances(channel, promise.category, to.classes)
