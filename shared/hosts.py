"""The host names we answer to: a page of another site that lets its name point here reads nothing (DNS rebinding)."""

from __future__ import annotations

from collections.abc import Collection
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from shared.middleware import SafeHeaders
from shared.problems import Misdirected
from shared.settings import PublicSettings

OURSELVES: Final = frozenset({"localhost", "127.0.0.1", "::1"})
INSIDE: Final = ("/health", "/ready", "/metrics")
"""Ends of paths that are asked by address, from inside, and hold nothing of anybody."""


def guarded(app: ASGIApp, settings: PublicSettings, *, inside: Collection[str] = ()) -> ASGIApp:
    """An application that is no service's, behind what each service has."""
    return SafeHeaders(KnownHosts(app, settings, inside=inside), strict=settings.is_secure)


def host_of(header: str) -> str | None:
    """The name or address without its port, in lower case; None for what is no `Host` (RFC 9110, section 7.2)."""
    try:
        parts = urlsplit(f"//{header}")
        _ = parts.port  # raises for what is none
    except ValueError:
        return None
    return parts.hostname if header and parts.netloc == header and "@" not in header else None


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


class KnownHosts:
    """ASGI middleware: 421 for a request to a name that is not ours, or to none.

    Ours are that of KEPT_PUBLIC_URL, those of KEPT_ALLOWED_HOSTS, this machine, and `inside`: names that other
    processes of ours use. Whatever comes under `except_under` proves by its signature which address it was sent to, and
    a tunnel or gateway in between may have changed the name.
    """

    def __init__(
        self, app: ASGIApp, settings: PublicSettings, *, inside: Collection[str] = (), except_under: str | None = None
    ) -> None:
        self.app, self._except_under = app, except_under
        own = urlsplit(settings.public_url).hostname or ""
        self._known = OURSELVES | {own} | {name.lower() for name in (*settings.hosts, *inside)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or self._is_ours(scope):
            await self.app(scope, receive, send)
            return
        problem = Misdirected("nothing is served at this name: see KEPT_PUBLIC_URL and KEPT_ALLOWED_HOSTS")
        answer = JSONResponse(problem.document(), problem.status, media_type="application/problem+json")
        await answer(scope, receive, send)

    def _is_ours(self, scope: Scope) -> bool:
        path: str = scope["path"]
        if self._except_under is not None and path.startswith(self._except_under):
            return True
        said = [value for name, value in scope["headers"] if name == b"host"]
        if len(said) != 1:
            return False
        host = host_of(said[0].decode("latin-1"))
        if host is None:
            return False
        return host in self._known or (path.endswith(INSIDE) and _is_address(host))
