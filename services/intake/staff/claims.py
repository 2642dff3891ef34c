"""Checks of an ID token's claims (OpenID Connect Core 1.0, 3.1.3.7), and the person they name. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

SKEW = 60
"""Seconds by which the provider's clock may differ from ours."""
LONGEST = 200
"""Characters of a name or an email that is kept."""
LONGEST_ID = 255
"""Characters of a `sub` (OpenID Connect Core 1.0, 2)."""
_EMAIL = re.compile(r"[^@\s<>,;]+@[^@\s<>,;]+")
Claims = Mapping[str, Any]


class Untrue(ValueError):
    """A token is not for us, not for this sign-in, or not for now. The message says which, and nothing of the token."""


class Identity(NamedTuple):
    """Somebody whom a provider has identified. `id` is theirs at `issuer` for ever; `email` is one it has verified."""

    issuer: str
    id: str
    email: str | None
    name: str | None
    groups: frozenset[str]


def check(claims: Claims, *, issuer: str, client: str, nonce: str, now: float) -> None:
    """Checks an ID token whose signature is right. Raises Untrue."""
    if claims.get("iss") != issuer:
        raise Untrue("it is by another issuer")
    audience = claims.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    if client not in audiences:
        raise Untrue("it is for another client")
    if claims.get("azp", client) != client or (len(audiences) > 1 and "azp" not in claims):
        raise Untrue("it was given to another client")
    ends, made = _number(claims.get("exp")), _number(claims.get("iat"))
    if ends is None or ends <= now - SKEW:
        raise Untrue("it has expired")
    if made is None or made > now + SKEW:
        raise Untrue("it is not valid yet")
    if claims.get("nonce") != nonce:
        raise Untrue("it is not the answer to this sign-in")
    if not _text(claims.get("sub"), LONGEST_ID):
        raise Untrue("it says of nobody who they are")


def identity(claims: Claims, groups: str) -> Identity:
    """Reads who somebody is. `groups` names the claim that holds their groups."""
    email = _text(claims.get("email")) if claims.get("email_verified") is True else None
    email = email.lower() if email and _EMAIL.fullmatch(email) else None
    said = claims.get(groups)
    named = said if isinstance(said, list) else [said]
    return Identity(
        issuer=str(claims["iss"]),
        id=str(claims["sub"]),
        email=email,
        name=_text(claims.get("name")),
        groups=frozenset(one for one in named if isinstance(one, str)),
    )


def roles_by(groups: Iterable[str], roles: Mapping[str, str]) -> list[str]:
    """The roles that these groups stand for, in the order of the setting, each once."""
    held = set(groups)
    return list(dict.fromkeys(role for group, role in roles.items() if group in held))


def _number(value: Any) -> float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return value if is_number and math.isfinite(value) else None


def _text(value: Any, longest: int = LONGEST) -> str | None:
    """A text that can be stored, without what surrounds it."""
    if not isinstance(value, str) or not value.strip() or len(value) > longest or not value.isprintable():
        return None
    return value.strip()
