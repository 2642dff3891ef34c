"""The client of an OpenID provider: its metadata, its keys, and the verification of its tokens."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping
from datetime import datetime, timedelta
from ipaddress import ip_network
from typing import Any
from urllib.parse import quote_plus, urlencode

import httpx
import structlog
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import Key, KeySet

from services.intake.staff.claims import Claims, Untrue
from shared.clock import Clock
from shared.outbound import Answer, NotFetched, Outbound
from shared.problems import Unavailable

log = structlog.get_logger()

ALGORITHMS = ("RS256", "PS256", "ES256", "ES384")
"""Signatures that are taken: by a key of the provider's alone."""
PATIENCE = 10.0
"""Seconds the provider has for a whole answer."""
LARGEST = 256 * 1024
"""Bytes of an answer."""
MOST_AT_ONCE = 16
"""Questions to the provider at one time: whoever begins a sign-in has us ask it, and may be a stranger."""
AWAY = timedelta(seconds=5)
"""How long a provider that was away is not asked what it is."""
AGAIN = timedelta(seconds=30)
"""How long a key that nobody knows is looked for once only."""
KEYS_LAST = timedelta(hours=1)
"""After that its keys are read again: one that it has withdrawn signs nothing any more."""
_NEEDED = ("authorization_endpoint", "token_endpoint", "jwks_uri")
ANYWHERE = (ip_network("0.0.0.0/0"), ip_network("::/0"))
"""The operator names the provider: it may stand in their own network."""


class ProviderAway(Unavailable):
    """The provider does not answer, or not as one."""

    code = "provider-away"


class Provider:
    """The provider that names itself `issuer`. It says once what it is, and its keys again when it has new ones."""

    def __init__(self, issuer: str, clock: Clock, transport: httpx.AsyncBaseTransport | None) -> None:
        self.issuer, self._clock = issuer, clock
        self._outbound = Outbound(ANYWHERE, transport=transport)
        self._asking = 0
        self._metadata: dict[str, Any] | None = None
        self._away_until: datetime | None = None
        self._keys: KeySet | None = None
        self._keys_at: datetime | None = None

    async def close(self) -> None:
        await self._outbound.close()

    async def metadata(self) -> dict[str, Any]:
        """What it says of itself (OpenID Connect Discovery 1.0, 3), without what is null. Raises ProviderAway."""
        if self._metadata is None:
            if self._away_until is not None and self._clock.now() < self._away_until:
                raise ProviderAway("the OpenID provider did not answer a moment ago")
            try:
                self._metadata = await self._described()
            except ProviderAway:
                self._away_until = self._clock.now() + AWAY
                raise
        return self._metadata

    async def _described(self) -> dict[str, Any]:
        said = await self.get(f"{self.issuer.rstrip('/')}/.well-known/openid-configuration") or {}
        said = {name: value for name, value in said.items() if value is not None}
        endpoints = [said.get(name) for name in _NEEDED] + [said.get("userinfo_endpoint", self.issuer)]
        methods = said.get("token_endpoint_auth_methods_supported", [])
        if said.get("issuer") != self.issuer or not all(map(_is_at, endpoints)) or not isinstance(methods, list):
            log.error("openid.metadata", issuer=self.issuer, said=said.get("issuer"))
            raise ProviderAway("what answers at KEPT_OIDC_ISSUER is not that provider")
        return said

    async def verified(self, token: str) -> Claims:
        """The claims of a token that one of the provider's keys has signed. Raises Untrue or ProviderAway."""
        try:
            try:
                return jwt.decode(token, await self._known_keys(KEYS_LAST), algorithms=ALGORITHMS).claims
            except InvalidKeyIdError:
                return jwt.decode(token, await self._known_keys(AGAIN), algorithms=ALGORITHMS).claims
        except (JoseError, ValueError, TypeError, RecursionError) as error:
            raise Untrue("it is not signed by the provider") from error

    async def _known_keys(self, last: timedelta) -> KeySet:
        """Its keys, read again where they are so old."""
        now = self._clock.now()
        if self._keys is None or self._keys_at is None or now - self._keys_at >= last:
            self._keys = _usable(await self.get((await self.metadata())["jwks_uri"]))
            self._keys_at = now
        return self._keys

    async def get(self, url: str, headers: Mapping[str, str] | None = None) -> dict[str, Any] | None:
        """A JSON object, or None where the provider refuses. Raises ProviderAway."""
        return await self._ask(url, headers or {}, None)

    async def post(
        self, url: str, form: Mapping[str, str], client: tuple[str, str] | None = None
    ) -> dict[str, Any] | None:
        """As `get`, of a form. `client` are our name and secret there, sent as RFC 6749, 2.3.1 says."""
        headers = {"content-type": "application/x-www-form-urlencoded"}
        if client is not None:
            said = ":".join(map(quote_plus, client)).encode()
            headers["authorization"] = f"Basic {b64encode(said).decode()}"
        return await self._ask(url, headers, urlencode(form).encode())

    async def _ask(self, url: str, headers: Mapping[str, str], form: bytes | None) -> dict[str, Any] | None:
        if self._asking >= MOST_AT_ONCE:
            raise ProviderAway("too many people sign in at once; try again in a moment")
        self._asking += 1
        limits: dict[str, Any] = {"headers": headers, "limit": LARGEST, "seconds": PATIENCE}
        try:
            if form is None:
                answer = await self._outbound.get(url, **limits)
            else:
                answer = await self._outbound.post(url, form, **limits)
        except NotFetched as error:
            raise ProviderAway(f"the OpenID provider does not answer: {error}") from error
        finally:
            self._asking -= 1
        said = _object(answer)
        if 400 <= answer.status < 500:
            log.warning("openid.refused", status=answer.status, error=(said or {}).get("error"))
            return None
        if answer.status != 200 or said is None:
            raise ProviderAway(f"the OpenID provider does not answer as one (status {answer.status})")
        return said


def _object(answer: Answer) -> dict[str, Any] | None:
    try:
        said = json.loads(answer.body)
    except (ValueError, RecursionError):
        return None
    return said if isinstance(said, dict) else None


def _usable(said: dict[str, Any] | None) -> KeySet:
    """The keys that we can use; others are passed over (RFC 7517, 5). Raises ProviderAway where none is left."""
    given = (said or {}).get("keys")
    keys: list[Key] = []
    for one in given if isinstance(given, list) else []:
        try:
            keys += KeySet.import_key_set({"keys": [one]}).keys
        except (JoseError, LookupError, TypeError, ValueError, AttributeError):
            log.info("openid.key_passed_over", kid=one.get("kid") if isinstance(one, dict) else None)
    if not keys:
        raise ProviderAway("the OpenID provider tells no keys that can be used")
    return KeySet(keys)


def _is_at(url: Any) -> bool:
    return isinstance(url, str) and url.startswith(("https://", "http://"))
