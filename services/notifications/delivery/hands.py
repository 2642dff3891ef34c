"""Messages in a worker's hands, and what became of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from services.notifications.delivery.decisions import Send, Waiting
from services.notifications.delivery.ending import Again, Ended, Look, LookUp, Lost
from services.notifications.delivery.telling import Said
from services.notifications.providers.protocol import Prepared
from shared.contracts.intake import Handle

Prepare = Callable[[Waiting, Send], Prepared]
"""Makes what goes to the provider, with the customer's links in it. Pure; raises ValueError."""


@dataclass(frozen=True, slots=True)
class Handed:
    """A message in a worker's hands: `attempt` counts from 1."""

    row: Waiting
    send: Send
    attempt: int
    prepared: Prepared


@dataclass(frozen=True, slots=True)
class Lookup:
    """A message whose last attempt a worker is to ask the provider for."""

    row: Waiting
    look: LookUp


@dataclass(frozen=True, slots=True)
class Settled:
    """The result of a row. `number` is that of its last attempt so far, `said` what that one said, `to` to whom."""

    row: Waiting
    number: int
    outcome: Again | Look | Ended
    said: Said
    to: Handle | None = None

    @classmethod
    def of(cls, handed: Handed, outcome: Again | Look | Ended) -> Settled:
        send, message = handed.send, handed.send.message
        provider = send.route.provider
        given = outcome.provider_id if isinstance(outcome, Ended) else None
        named = given or handed.prepared.provider_id
        said = Said(send.language, provider.channel_kind, message.subject, message.text, provider.name, named)
        return cls(handed.row, handed.attempt, outcome, said, send.handle)

    @classmethod
    def of_lost(cls, row: Waiting, lost: Lost, outcome: Again | Look | Ended) -> Settled:
        given = outcome.provider_id if isinstance(outcome, Ended) else None
        named = given or lost.sought.provider_id
        said = Said(lost.language, lost.channel_kind, lost.subject, lost.text, lost.provider, named)
        return cls(row, row.attempts, outcome, said)
