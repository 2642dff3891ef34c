"""The contract of a provider: how its requests are verified, read and answered.

Everything here is pure. `verify`, `greet` and `parse` may meet any bytes whatever, and raise nothing but `Refused`
and `Unreadable`. A new provider is a new module in `providers/` with a `PROVIDER` in it; nothing else changes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from services.intake.channels.items import Attachment, Item
from services.intake.channels.strength import guessable
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


def _no_greeting(_request: Request, _secrets: Sequence[str], _verify_token: str) -> Reply | None:
    return None


def _no_token(_: Request) -> str | None:
    return None


def _no_certificate(_: Request, _secrets: Sequence[str]) -> str | None:
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
    credentials among them, are dropped. `reads` are those of them that `parse` looks at, Content-Type aside: it is
    given no others, so that what becomes of a request hangs on nothing else.

    `verify` raises Refused; `secrets` are all that are valid now, so that they can be rotated.
    `signed_by` are headers of which a proved request has at least one; `headers_prove`: `verify` looks at no body. What
    they tell is told before the body is read.
    `parse` raises Unreadable; an empty list means that there is nothing in it for us.
    `greet` answers a handshake (request, secrets, the channel's verify token): a Reply, or None where the request is
    none; raises Refused. A POST is verified first, another of `methods` is a handshake or nothing.
    `certificate_url` is where the key that signed it is found (request, secrets), checked before anybody fetches it;
    raises Refused.
    `locate` says where an attachment is fetched (attachment, access token); raises NoDownload.
    `token` names what proves this one request only, where one signature would hold for several: it says nothing of
    the body (Mailgun), has no borders (Twilio), or leaves out a header that is read. With another body or another such
    header it is worth nothing, for ever.
    `extract` takes an attachment out of the request that it came in (its `part`): (content type, content), or None
    where there is none; it may be slow, is called in a thread, and may raise Unreadable.
    `secret_fault` says what is wrong with a secret somebody wants to set (`unusable` is asked before), or None.
    """

    name: str
    kind: ChannelKind
    verify: Callable[[Request, Sequence[str], datetime], None]
    parse: Callable[[Request], Sequence[Item]]
    secret_fault: Callable[[str], str | None] = guessable
    greet: Callable[[Request, Sequence[str], str], Reply | None] = _no_greeting
    certificate_url: Callable[[Request, Sequence[str]], str | None] = _no_certificate
    locate: Callable[[Attachment, str | None], Download] = plain_download
    token: Callable[[Request], str | None] = _no_token
    extract: Callable[[Request, int], tuple[str, bytes] | None] = _nothing_inside
    signed_by: tuple[str, ...] = ()
    headers_prove: bool = False
    methods: tuple[str, ...] = ("POST",)
    wants_verify_token: bool = False
    body_limit: int = 1024 * 1024
    headers: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    reply: Reply = Reply()
    rules: StatusRules = StatusRules()

    @property
    def gives_tokens(self) -> bool:
        return self.token is not _no_token

    def verify_head(self, head: Request, secrets: Sequence[str], now: datetime) -> None:
        """What can be told before the body is there. Raises Refused."""
        if self.signed_by and not any(head.headers.get(name) for name in self.signed_by):
            raise Refused("there is no signature")
        if self.headers_prove:
            self.verify(head, secrets, now)

    def keeps(self, header: str) -> bool:
        """Whether a header, in lower case, is worth keeping."""
        return header in _USUAL_HEADERS or _is_among(header, self.headers)

    def readable(self, headers: Mapping[str, str]) -> dict[str, str]:
        """Those that `parse` may look at."""
        return {name: v for name, v in headers.items() if name == "content-type" or _is_among(name, self.reads)}


def _is_among(header: str, patterns: Sequence[str]) -> bool:
    return any(header.startswith(one[:-1]) if one.endswith("*") else header == one for one in patterns)
