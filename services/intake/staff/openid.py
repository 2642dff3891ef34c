"""Sign-in with an OpenID provider: the request to it, and the exchange of a code for a person's claims."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import httpx

from services.intake.settings import IntakeSettings
from services.intake.staff.claims import Claims, Untrue, check
from services.intake.staff.provider import Provider
from shared.clock import Clock
from shared.security.spelling import urlsafe


@dataclass(frozen=True, slots=True)
class Attempt:
    """A sign-in that has begun in one browser: what its answer is known by (RFC 6749, 10.12; RFC 7636)."""

    state: str
    nonce: str
    verifier: str

    @classmethod
    def new(cls) -> Attempt:
        return cls(*(secrets.token_urlsafe(32) for _ in range(3)))

    @property
    def challenge(self) -> str:
        return urlsafe(hashlib.sha256(self.verifier.encode()).digest())


class OpenId:
    """Sign-in with one provider, KEPT_OIDC_ISSUER."""

    def __init__(
        self, settings: IntakeSettings, clock: Clock, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self.issuer, self._client = settings.oidc_issuer or "", settings.oidc_client_id
        self._secret = settings.oidc_client_secret
        self._scope, self._clock = settings.oidc_scope, clock
        groups = {settings.oidc_groups_claim} if settings.oidc_roles else set()
        self._wanted = {"email", "email_verified", "name"} | groups
        self.callback = settings.public_url.rstrip("/") + "/intake/login/callback"
        self._provider = Provider(self.issuer, clock, transport)

    async def close(self) -> None:
        await self._provider.close()

    async def begin(self, attempt: Attempt) -> str:
        """The address at the provider where somebody signs in. Raises ProviderAway."""
        asked = {
            "response_type": "code",
            "client_id": self._client,
            "redirect_uri": self.callback,
            "scope": self._scope,
            "state": attempt.state,
            "nonce": attempt.nonce,
            "code_challenge": attempt.challenge,
            "code_challenge_method": "S256",
        }
        at: str = (await self._provider.metadata())["authorization_endpoint"]
        return f"{at}{'&' if '?' in at else '?'}{urlencode(asked)}"

    async def finish(self, attempt: Attempt, code: str) -> Claims:
        """What the provider says of whoever brought this code. Raises Untrue or ProviderAway."""
        provider = await self._provider.metadata()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.callback,
            "client_id": self._client,
            "code_verifier": attempt.verifier,
        }
        secret = self._secret.get_secret_value() if self._secret else None
        if secret is not None and "client_secret_post" in provider.get("token_endpoint_auth_methods_supported", ()):
            form["client_secret"], secret = secret, None
        client = None if secret is None else (self._client, secret)
        answer = await self._provider.post(provider["token_endpoint"], form, client)
        if answer is None or not isinstance(answer.get("id_token"), str):
            raise Untrue("the provider refuses the code")
        claims = await self._provider.verified(answer["id_token"])
        check(
            claims,
            issuer=self.issuer,
            client=self._client,
            nonce=attempt.nonce,
            now=self._clock.now().timestamp(),
        )
        return await self._more(claims, answer.get("access_token"))

    async def _more(self, claims: Claims, access_token: Any) -> Claims:
        """With what stands at its userinfo alone (OpenID Connect Core 1.0, 5.3), where the token says less."""
        at = (await self._provider.metadata()).get("userinfo_endpoint")
        if not at or not isinstance(access_token, str) or self._wanted <= claims.keys():
            return claims
        said = await self._provider.get(at, {"Authorization": f"Bearer {access_token}"})
        if said is None or said.get("sub") != claims["sub"]:
            return claims
        if claims.get("email", said.get("email")) != said.get("email"):
            said.pop("email_verified", None)  # which is about another email
        return {**said, **claims}
