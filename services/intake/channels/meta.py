"""Parts that Meta's platforms share: the signature and the handshake of their webhooks.

Source: developers.facebook.com, "Webhooks: getting started" (verification requests, validating payloads).
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from urllib.parse import parse_qsl, urlsplit

from services.intake.channels.items import Attachment, Item
from services.intake.channels.provider import Download, Provider, Refused, Reply, Request
from services.intake.channels.signatures import hmacs
from shared.contracts.intake import ChannelKind

BODY_LIMIT = 3 * 1024 * 1024
"""Meta's own limit of a batch."""
LONGEST_CHALLENGE = 200
"""Characters that are said back. Meta's are ten digits; nobody else is to have a page of ours say theirs."""

_MOST_PARAMETERS = 20


def verify(request: Request, secrets: Sequence[str], now: datetime) -> None:
    """A secret is the app's secret."""
    hmacs.hub(request.headers.get("x-hub-signature-256", ""), request.body, secrets)


def greet(request: Request, secrets: Sequence[str], verify_token: str) -> Reply | None:
    """The handshake: a GET with our verify token, answered with the challenge in it."""
    if request.method != "GET":
        return None
    query = _query(request.url)
    if query.get("hub.mode") != "subscribe":
        return None
    given = query.get("hub.verify_token", "").encode(errors="replace")
    if not hmac.compare_digest(given, verify_token.encode()) or not verify_token:
        raise Refused("wrong verify token")
    challenge = query.get("hub.challenge", "")
    if not challenge or len(challenge) > LONGEST_CHALLENGE:
        raise Refused("there is no challenge of a sensible length")
    return Reply(challenge.encode(errors="replace"), "text/plain", (("X-Content-Type-Options", "nosniff"),))


def _query(url: str) -> Mapping[str, str]:
    try:
        return dict(parse_qsl(urlsplit(url).query, max_num_fields=_MOST_PARAMETERS))
    except ValueError as error:
        raise Refused("the handshake cannot be read") from error


def provider(
    name: str,
    parse: Callable[[Request], Sequence[Item]],
    locate: Callable[[Attachment, str | None], Download],
) -> Provider:
    return Provider(
        name=name,
        kind=ChannelKind.CHAT,
        verify=verify,
        signed_by=("x-hub-signature-256",),
        parse=parse,
        greet=greet,
        locate=locate,
        methods=("POST", "GET"),
        wants_verify_token=True,
        body_limit=BODY_LIMIT,
        headers=("x-hub-signature-256",),
    )
