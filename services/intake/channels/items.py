"""Items of a request, whoever sent it: contacts, steps of calls, and facts about earlier ones."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from shared.contracts.intake import ChannelKind, HandleKind, InteractionFact, InteractionKind, Reachability, Verdict


@dataclass(frozen=True, slots=True)
class Address:
    """How the customer was reached or reached us, as the provider wrote it.

    `scope` is where a chat's value means something: a page, a team, a bot. Empty: everywhere at the provider.
    """

    kind: HandleKind
    value: str
    scope: str = ""


@dataclass(frozen=True, slots=True)
class Attachment:
    """What came along. `size` in bytes.

    Its content stays where it is: at an address (`url`), with the provider under a name of its own (`ref`), or inside
    the raw request (`part`, which only the module that parsed it can read). `in_text`: a picture the text shows, such
    as a signature's logo. It is no part of what tells a copy from another contact, which was there before it.
    """

    name: str | None
    content_type: str | None
    size: int | None = None
    url: str | None = None
    ref: str | None = None
    part: int | None = None
    in_text: bool = field(default=False, repr=False)


@dataclass(frozen=True, slots=True)
class Writer:
    """Who answers are to go to: where a channel says so, that is who wrote. The rest as of a Contact by them."""

    address: Address
    name: str | None
    automatic: bool
    no_automatic_answer: bool


@dataclass(frozen=True, slots=True)
class SenderCheck:
    """What `by`, a provider or a host on the way, has found out about a mail's sender; None: it does not say."""

    by: str
    spf: Verdict | None = None
    dkim: Verdict | None = None
    dmarc: Verdict | None = None


@dataclass(frozen=True, slots=True)
class Contact:
    """One contact, complete. `external_id` is what makes a copy a copy within its channel.

    `occurred_at` None: the provider does not say, and our own time of receipt stands in.
    `aliases` are more addresses of the same person. `reply` is what of `text` is new, where that is less.
    `references` are the external ids, or Message-IDs, of what it answers; `marks` what may be our own marks in it.
    `message_id` is a mail's own.
    `automatic`: no person wrote it; `may_be_person`: that is likely and not sure. `no_automatic_answer`: no machine may
    answer it, whoever wrote it. `reply_to` is where answers are wanted, where that is one other address.
    `checked` is what the provider says of a mail's sender; `claims` what it says itself that hosts have said of it.
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
    reply: str | None = None
    automatic: bool = False
    ring_count: int | None = None
    duration_seconds: int | None = None
    agent: str | None = None
    attachments: tuple[Attachment, ...] = ()
    aliases: tuple[Address, ...] = ()
    references: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()
    message_id: str | None = None
    may_be_person: bool = False
    no_automatic_answer: bool = False
    reply_to: Writer | None = None
    checked: SenderCheck | None = None
    claims: tuple[SenderCheck, ...] = ()


def act(external_id: str, address: Address | None, at: datetime | None, *said: str | None, **more: Any) -> Contact:
    """What somebody did on purpose and wrote nothing: came by a link, opted in, joined. No answer is owed to it.

    It is known by what the provider says of it (`said`), as one line.
    """
    subject = ": ".join(one for one in said if one)
    return Contact(external_id, InteractionKind.NOTE, address, at, subject=subject, automatic=True, **more)


@dataclass(frozen=True, slots=True)
class CallStep:
    """One event of a phone call. The steps of a call come in any order and number and make one contact.

    `at` None: the provider does not say when, and our own time of receipt stands in.
    A `transfer` is how an attempt to put the caller through to a person ended: `answered` says whether they spoke.
    """

    call_id: str
    event: Literal["new_call", "answer", "hangup", "transfer"]
    at: datetime | None
    direction: Literal["in", "out"] | None = None
    caller: str | None = None
    called: str | None = None
    person: str | None = None
    """The customer's id at the provider, where it gives them one beside or instead of a number."""
    rings: int | None = None
    answered_by: str | None = None
    answered: bool | None = None
    """What a hangup, or a transfer, says about whether anybody had answered."""
    seconds: int | None = None
    """How long they spoke, where a hangup says so."""


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that became of a contact that is there already, or of a message of ours.

    `about` is that contact's external id; None: every one of ours to `address` up to `at` (a watermark), or none of
    them: what `address` wants to hear from us.
    `text` holds the new words, the emoji, or the reason; `attachments` what came with it (a recording).
    `proof` None: the provider itself says so. Else anybody may have written it (a delivery report is a mail like any
    other), and one of these marks must be ours, of a case of whoever `address` belongs to.
    """

    external_id: str
    fact: InteractionFact
    about: str | None
    at: datetime | None = None
    address: Address | None = None
    text: str | None = None
    attachments: tuple[Attachment, ...] = ()
    proof: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Reach:
    """Whether a handle can be reached, from now on: blocked, opted out, a mailbox that is none.

    `proof` as of a Fact.
    """

    external_id: str
    address: Address
    reason: Reachability
    at: datetime | None = None
    detail: str | None = None
    proof: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Moved:
    """The customer has another address now: the same person, and the old one is theirs no longer."""

    external_id: str
    old: Address
    new: Address
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Confirm:
    """The provider asks that this address be fetched once, to confirm a subscription. Checked by its module."""

    url: str


@dataclass(frozen=True, slots=True)
class Unread:
    """One item of a request that holds several could not be read; the others are not held up by it."""

    reason: str


Item = Contact | CallStep | Fact | Reach | Moved | Confirm | Unread
