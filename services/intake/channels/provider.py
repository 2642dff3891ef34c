"""What a provider is to intake: how its requests are proved, how they are read, and what it expects to hear.

Everything here is pure. `verify`, `greet` and `parse` may meet any bytes whatever, and raise nothing but `Refused`
and `Unreadable`. A new provider is a new module in `providers/` with a `PROVIDER` in it; nothing else changes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from services.intake.channels.items import Attachment, Item
from shared.contracts.intake import ChannelKind


class Refused(Exception):
    """The request does not prove that the provider sent it. The reason is for our log, not for the sender.

    It is one of few fixed sentences: reasons are counted, so nothing of the request stands in them.
    """


class Unreadable(Exception):
    """Proved, but not understood: kept, answered as accepted, and put in quarantine with this reason."""


@dataclass(frozen=True, slots=True)
class Request:
    """A webhook. `url` is the public one, by our settings; `headers` have lower-case names.

    `certificate` is what stands at the provider's `certificate_url`, in PEM; None where it names none.
    """

    url: str
    headers: Mapping[str, str]
    body: bytes
    method: str = "POST"
    certificate: bytes | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """What a provider wants to hear."""

    body: bytes = b'{"status":"accepted"}'
    content_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class StatusRules:
    """How this provider is told no, as statuses that it understands.

    `refused`: not proved; it may heal with a setting, so it never says stop. `stop`: the channel is switched off, do
    not come again. `too_large`: never will do. `later`: our trouble, with Retry-After; 5xx is every provider's "later".
    """

    refused: int = 401
    refused_headers: Mapping[str, str] = field(default_factory=dict)
    stop: int = 410
    stop_headers: Mapping[str, str] = field(default_factory=dict)
    too_large: int = 413
    later: int = 503
    retry_after: int = 5


@dataclass(frozen=True, slots=True)
class Download:
    """Where an attachment is fetched from. `headers` may hold credentials; they go to this address alone.

    `then` reads the real address out of a first answer in JSON; None where this is the content itself.
    """

    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    then: Callable[[bytes], Download] | None = None


class NoDownload(Exception):
    """It cannot be fetched, with the reason: no access token, an address that is not the provider's."""


_USUAL_HEADERS = frozenset({"content-type", "content-encoding", "user-agent"})


def _any_secret(_: str) -> str | None:
    return None


def _no_greeting(_request: Request, _secrets: Sequence[str], _verify_token: str) -> Reply | None:
    return None


def _no_token(_: Request) -> str | None:
    return None


def _no_certificate(_: Request) -> str | None:
    return None


def _nothing_inside(_request: Request, _part: int) -> tuple[str, bytes] | None:
    return None


def plain_download(attachment: Attachment, _access_token: str | None) -> Download:
    """What stands at its own address, for whoever asks."""
    if not attachment.url:
        raise NoDownload("there is no address")
    return Download(attachment.url)


@dataclass(frozen=True, slots=True)
class Provider:
    """`headers` are the ones worth keeping with the raw request (a `*` at the end stands for any rest); all others,
    credentials among them, are dropped.

    `verify` raises Refused; `secrets` are all that are valid now, so that they can be rotated.
    `parse` raises Unreadable; an empty list means that there is nothing in it for us.
    `greet` answers a handshake (request, secrets, the channel's verify token): a Reply, or None where the request is
    none; raises Refused. A POST is verified first, another of `methods` is a handshake or nothing.
    `certificate_url` is where the key that signed it is found, checked before anybody fetches it; raises Refused.
    `locate` says where an attachment is fetched (attachment, access token); raises NoDownload.
    `token` is what proves this one request only, where the signature says nothing of the body (Mailgun): with another
    body it is worth nothing, for ever.
    `extract` takes an attachment out of the request that it came in (its `part`): (content type, content), or None
    where there is none; it may be slow, is called in a thread, and may raise Unreadable.
    `secret_fault` says what is wrong with a secret somebody wants to set, or None.
    """

    name: str
    kind: ChannelKind
    verify: Callable[[Request, Sequence[str], datetime], None]
    parse: Callable[[Request], Sequence[Item]]
    secret_fault: Callable[[str], str | None] = _any_secret
    greet: Callable[[Request, Sequence[str], str], Reply | None] = _no_greeting
    certificate_url: Callable[[Request], str | None] = _no_certificate
    locate: Callable[[Attachment, str | None], Download] = plain_download
    token: Callable[[Request], str | None] = _no_token
    extract: Callable[[Request, int], tuple[str, bytes] | None] = _nothing_inside
    methods: tuple[str, ...] = ("POST",)
    wants_verify_token: bool = False
    body_limit: int = 1024 * 1024
    headers: tuple[str, ...] = ()
    reply: Reply = Reply()
    rules: StatusRules = StatusRules()

    @property
    def gives_tokens(self) -> bool:
        return self.token is not _no_token

    def keeps(self, header: str) -> bool:
        """Whether a header, in lower case, is worth keeping."""
        return header in _USUAL_HEADERS or any(
            header.startswith(h[:-1]) if h.endswith("*") else header == h for h in self.headers
        )
