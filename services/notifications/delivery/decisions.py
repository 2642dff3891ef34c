"""Decisions on messages: pure functions of the message, its recipient, the rules and the hour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from services.notifications.delivery.ending import Again, AskNow, Ended, State, after_loss
from services.notifications.delivery.waiting import Waiting
from services.notifications.errors import Uncomposable
from services.notifications.messages.composing import Message, answer_to, compose
from services.notifications.messages.details import Details
from services.notifications.messages.packing import unpack
from services.notifications.people.person import Family
from services.notifications.providers.protocol import Form, Route
from services.notifications.settings import NotificationsSettings
from shared.contracts.commitments import Heard
from shared.contracts.intake import Handle
from shared.provenance import unproven

FIRST_LOOK = timedelta(seconds=0.25)


@dataclass(frozen=True, slots=True)
class Send:
    """The decision to send `message`, which names the customer's links: they are filled in, until `links_end`.

    `answers` is the Message-ID of the mail that the message answers by itself.
    """

    route: Route
    handle: Handle
    form: Form
    language: str
    message: Message
    details: Details
    links_end: datetime
    answers: str | None = None

    @property
    def address(self) -> str:
        return self.handle.value


def decide(
    row: Waiting, family: Family, routes: Sequence[Route], rules: NotificationsSettings, now: datetime
) -> Send | AskNow | Again | Ended:
    """The next step with a message, by what is true now, not when the message was asked for."""
    if row.is_lost:
        if row.last is not None and (first := after_loss(row.last, routes, rules, now)):
            return first
        if row.attempts > len(rules.retry_after):
            return Ended(State.FAILED, f"given up after {row.attempts} attempts, the last with an unknown end")
    if row.expires_at is not None and now >= row.expires_at:
        return Ended(State.SUPPRESSED, "what it says is no longer true: its time has passed, or it was overtaken")
    try:
        details = unpack(row.template, row.details).still_true(now)
    except Uncomposable as error:
        return Ended(State.FAILED, str(error))
    if silence := details.silence or _unanswerable(details.contact):
        return Ended(State.SUPPRESSED, silence)
    found = _route(family, routes)
    if found is None:
        return _without_address(row, family, routes, rules, now)
    try:
        return _said(row, details, family, *found, rules, now)
    except Uncomposable as error:
        return Ended(State.FAILED, str(error))


def _said(
    row: Waiting,
    details: Details,
    family: Family,
    route: Route,
    handle: Handle,
    rules: NotificationsSettings,
    now: datetime,
) -> Send:
    """The message as it is sent. Raises Uncomposable."""
    form, limits = next(iter(route.provider.forms.items()))
    language, contact = spoken(family, rules), details.contact
    ours = {"name": family.name, "signature": rules.signature, "late": details.is_late(now)}
    zone = details.zone or rules.default_zone
    message = compose(row.template, language, dict(details) | ours | {"zone": zone})
    answers = contact.message_id if contact else None
    if form is Form.MAIL and contact and answers:
        message = replace(message, subject=answer_to(contact.subject) or message.subject)
    if limits.text is not None and len(message.text) > limits.text:
        raise Uncomposable(row.template, language, f"{len(message.text)} characters, of {limits.text} at most")
    links_end = details.links_end or row.created_at + timedelta(days=rules.promise_link_days)
    return Send(route, handle, form, language, message, details, links_end, answers)


def _unanswerable(heard: Heard | None) -> str | None:
    """The reason why no machine answers what was heard, however it is asked to."""
    if heard and heard.no_automatic_answer:
        return "no machine may answer what it answers: a list's mail, or one that asks for silence"
    return unproven(heard.authentication if heard else None)


def spoken(family: Family, rules: NotificationsSettings) -> str:
    """The language in which this person is written to."""
    return family.language or rules.default_language


def _route(family: Family, routes: Sequence[Route]) -> tuple[Route, Handle] | None:
    return next(((r, to) for r in routes if (to := family.handle(r.provider.handle_kind)) is not None), None)


def _without_address(
    row: Waiting, family: Family, routes: Sequence[Route], rules: NotificationsSettings, now: datetime
) -> Again | Ended:
    """The step with a message without an address: its end, or a later look, as the customer may be on their way."""
    refusals = (family.refusal(route.provider.handle_kind) for route in routes)
    if why := next(filter(None, refusals), None):
        return Ended(State.SUPPRESSED, f"the address is not to be written to: {why.value.replace('_', ' ')}")
    age, grace = now - row.created_at, timedelta(seconds=rules.no_address_grace)
    if age >= grace:
        return Ended(State.SUPPRESSED, "no address we can send to")
    return Again(row.created_at + min(age + max(age, FIRST_LOOK), grace))
