"""The evidence of a request by which a customer acts: which link, when, and from where."""

from __future__ import annotations

import hmac
from datetime import UTC, datetime

from starlette.requests import Request

from shared.contracts.acts import CustomerAct
from shared.security.customer_links import CustomerPage
from shared.security.links import Links
from shared.settings import ServiceSettings

MOST_OF_AGENT = 200
"""Characters of a User-Agent that are kept."""

_HASHED = 16
"""Bytes of HMAC-SHA256 that are kept of an address."""


def act_by(request: Request, links: Links, page: CustomerPage, token: str, at: datetime) -> CustomerAct:
    """Returns the evidence of a customer's act. Raises LinkAltered or LinkExpired.

    The address is the one that the server took the request from: behind a trusted proxy (FORWARDED_ALLOW_IPS) the one
    it was forwarded for, else the peer's own, whatever it claims.
    """
    link = links.open(token)
    agent = "".join(c if c.isprintable() else " " for c in request.headers.get("user-agent", ""))
    settings: ServiceSettings = request.app.state.runtime.settings
    return CustomerAct(
        page=page,
        link_id=link.id,
        link_ends_at=datetime.fromtimestamp(link.ends, UTC),
        at=at,
        user_agent=agent.strip()[:MOST_OF_AGENT] or None,
        address=hashed(request.client.host, settings) if request.client else None,
    )


def hashed(address: str, settings: ServiceSettings) -> str:
    return hmac.digest(settings.derive("addresses"), address.encode(errors="replace"), "sha256")[:_HASHED].hex()
