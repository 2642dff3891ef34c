"""What a provider is to intake: how its requests are proved, how they are read, and what it expects to hear.

Everything here is pure. `verify` and `parse` may meet any bytes whatever, and raise nothing but `Refused` and
`Unreadable`. A new provider is a new module with a `PROVIDER` in it; nothing else changes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from shared.contracts.intake import ChannelKind, HandleKind, InteractionKind


class Refused(Exception):
    """The request does not prove that the provider sent it. The reason is for our log, not for the sender."""


class Unreadable(Exception):
    """Proved, but not understood: kept, answered as accepted, and put in quarantine with this reason."""


@dataclass(frozen=True, slots=True)
class Request:
    """A webhook. `url` is the public one, by our settings; `headers` have lower-case names."""

    url: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Address:
    """How the customer was reached or reached us, as the provider wrote it."""

    kind: HandleKind
    value: str


@dataclass(frozen=True, slots=True)
class Attachment:
    """What came along. The content stays with the provider (`url`) or in the raw request. `size` in bytes."""

    name: str | None
    content_type: str | None
    size: int | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Contact:
    """One contact, complete. `external_id` is what makes a copy a copy within its channel.

    `occurred_at` None: the provider does not say, and our own time of receipt stands in.
    """

    external_id: str
    kind: InteractionKind
    address: Address | None
    occurred_at: datetime | None = None
    direction: Literal["in", "out"] = "in"
    channel_kind: ChannelKind | None = None
    name: str | None = None
    subject: str | None = None
    text: str | None = None
    automatic: bool = False
    ring_count: int | None = None
    duration_seconds: int | None = None
    agent: str | None = None
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True, slots=True)
class CallStep:
    """One event of a phone call. The steps of a call come in any order and number and make one contact."""

    call_id: str
    event: Literal["new_call", "answer", "hangup"]
    at: datetime
    direction: Literal["in", "out"] | None = None
    caller: str | None = None
    called: str | None = None
    rings: int | None = None
    answered_by: str | None = None
    answered: bool | None = None
    """What a hangup says about whether anybody had answered."""


@dataclass(frozen=True, slots=True)
class Unread:
    """One item of a request that holds several could not be read; the others are not held up by it."""

    reason: str


Item = Contact | CallStep | Unread


@dataclass(frozen=True, slots=True)
class Reply:
    """The 2xx a provider wants."""

    body: bytes = b'{"status":"accepted"}'
    content_type: str = "application/json"


@dataclass(frozen=True, slots=True)
class StatusRules:
    """How this provider is told no. A 503 with Retry-After is every provider's "later"."""

    refused: int = 401
    refused_headers: Mapping[str, str] = field(default_factory=dict)


def _any_secret(_: str) -> str | None:
    return None


@dataclass(frozen=True, slots=True)
class Provider:
    """`headers` are the ones worth keeping with the raw request; the rest, credentials among them, is dropped.

    `verify` raises Refused; `secrets` are all that are valid now, so that they can be rotated.
    `parse` raises Unreadable; an empty list means that there is nothing in it for us.
    `secret_fault` says what is wrong with a secret somebody wants to set, or None.
    """

    name: str
    kind: ChannelKind
    verify: Callable[[Request, Sequence[str], datetime], None]
    parse: Callable[[Request], Sequence[Item]]
    secret_fault: Callable[[str], str | None] = _any_secret
    body_limit: int = 1024 * 1024
    headers: tuple[str, ...] = ()
    reply: Reply = Reply()
    rules: StatusRules = StatusRules()
