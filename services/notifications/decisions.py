"""What is to be done with a message: pure functions of the message, its recipient, the rules and the hour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from services.notifications.composing import Message, compose, one_line, unpack
from services.notifications.errors import Refused, Uncomposable
from services.notifications.person import Family
from services.notifications.providers.protocol import Provider
from services.notifications.settings import NotificationsSettings

NAME_LIMIT = 60
FIRST_LOOK = timedelta(seconds=0.25)


class State(StrEnum):
    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    SUPPRESSED = "suppressed"


@dataclass(frozen=True, slots=True)
class Waiting:
    """A row that may be taken up. `attempts` are those begun before."""

    id: UUID
    customer_id: UUID
    template: str
    cause_id: UUID
    commitment_id: UUID | None
    case_id: UUID | None
    details: dict[str, Any]
    traceparent: str | None
    attempts: int
    created_at: datetime
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class Send:
    provider: Provider
    address: str
    language: str
    message: Message


@dataclass(frozen=True, slots=True)
class Again:
    """Look at it again at `at`. `reason` is why the attempt before came to nothing, if there was one."""

    at: datetime
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Ended:
    """`state` is sent, failed or suppressed."""

    state: State
    reason: str | None = None


def decide(
    row: Waiting, family: Family, providers: Sequence[Provider], rules: NotificationsSettings, now: datetime
) -> Send | Again | Ended:
    """What is true now counts, not what was when the message was asked for."""
    if row.attempts > len(rules.retry_after):
        return Ended(State.FAILED, f"given up after {row.attempts} attempts, the last with an unknown end")
    if row.expires_at is not None and now >= row.expires_at:
        return Ended(State.SUPPRESSED, "what it says is no longer true: its time has passed, or it was overtaken")
    found = _route(family, providers)
    if found is None:
        return _without_address(row, rules, now)
    provider, address = found
    language = spoken(family, rules)
    try:
        return Send(provider, address, language, compose(row.template, language, _filling(row, family, rules, now)))
    except Uncomposable as error:
        return Ended(State.FAILED, str(error))


def after_failure(error: Exception, attempt: int, rules: NotificationsSettings, now: datetime) -> Again | Ended:
    """`attempt` counts from 1; the schedule has one pause for each repetition."""
    reason = str(error) or repr(error)
    if isinstance(error, Refused):
        return Ended(State.FAILED, reason)
    if attempt > len(rules.retry_after):
        return Ended(State.FAILED, f"given up after {attempt} attempts: {reason}")
    return Again(now + timedelta(seconds=rules.retry_after[attempt - 1]), reason)


def spoken(family: Family, rules: NotificationsSettings) -> str:
    return family.language or rules.default_language


def _route(family: Family, providers: Sequence[Provider]) -> tuple[Provider, str] | None:
    return next(((p, to) for p in providers if (to := family.address(p.handle_kind)) is not None), None)


def _without_address(row: Waiting, rules: NotificationsSettings, now: datetime) -> Again | Ended:
    """Topics race: who the customer is may be on its way. The pauses between the looks grow with the wait."""
    age, grace = now - row.created_at, timedelta(seconds=rules.no_address_grace)
    if age >= grace:
        return Ended(State.SUPPRESSED, "no address we can send to")
    return Again(row.created_at + min(age + max(age, FIRST_LOOK), grace))


def _filling(row: Waiting, family: Family, rules: NotificationsSettings, now: datetime) -> dict[str, Any]:
    # All but the zone for messages that were asked for before anything filled them.
    old: dict[str, Any] = {"zone": rules.default_zone, "kind": "promise", "done": [], "goes_on": [], "about": None}
    details = old | unpack(row.details)
    details["goes_on"] = [promise for promise in details["goes_on"] if now < promise["due_at"]]
    previous = details.get("previous_due_at")
    name = one_line(family.name)[:NAME_LIMIT] if family.name else None
    return details | {"name": name, "signature": rules.signature, "late": previous is not None and now >= previous}
