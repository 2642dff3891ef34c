"""Messages in a worker's hands, and what became of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from services.notifications.delivery.decisions import Send
from services.notifications.delivery.ending import Again, AskLater, AskNow, Ended, LastAttempt
from services.notifications.delivery.telling import Said
from services.notifications.delivery.waiting import Waiting
from services.notifications.providers.handover import Prepared

Prepare = Callable[[Waiting, Send], Prepared]
"""Makes what goes to the provider, with the customer's links in it. Pure; raises ValueError."""


@dataclass(frozen=True, slots=True)
class Handed:
    """A message in a worker's hands. `number` is that of its attempt, counted from 1."""

    row: Waiting
    send: Send
    number: int
    prepared: Prepared


@dataclass(frozen=True, slots=True)
class Asking:
    """A message whose last attempt a worker is to ask the provider for."""

    row: Waiting
    ask: AskNow


@dataclass(frozen=True, slots=True)
class Settled:
    """The result of a message. `number` is that of its last attempt so far, `said` what that one said."""

    row: Waiting
    number: int
    outcome: Again | AskLater | Ended
    said: Said

    @classmethod
    def of(cls, handed: Handed, outcome: Again | AskLater | Ended) -> Settled:
        """The result of a hand-over."""
        send, message = handed.send, handed.send.message
        provider = send.route.provider
        given = outcome.provider_id if isinstance(outcome, Ended) else None
        named = given or handed.prepared.provider_id
        dead = send.handle if isinstance(outcome, Ended) and outcome.is_dead else None
        said = Said(send.language, provider.channel_kind, message.subject, message.text, provider.name, named, dead)
        return cls(handed.row, handed.number, outcome, said)

    @classmethod
    def of_last(cls, row: Waiting, last: LastAttempt, outcome: Again | AskLater | Ended) -> Settled:
        """The result of asking the provider for the last attempt."""
        given = outcome.provider_id if isinstance(outcome, Ended) else None
        named = given or last.sought.provider_id
        said = Said(last.language, last.channel_kind, last.subject, last.text, last.provider, named)
        return cls(row, row.attempts, outcome, said)
