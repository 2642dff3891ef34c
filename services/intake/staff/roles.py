"""The roles of our own people, and the scopes that each role gives. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple

SERVICES = ("intake", "commitments", "notifications", "feedback")


class Role(StrEnum):
    AGENT = "agent"
    LEAD = "lead"
    MANAGER = "manager"
    ADMIN = "admin"
    AUDITOR = "auditor"
    PARTNER = "partner"


class Power(NamedTuple):
    """The power of a role: the scopes it gives, and in a sentence what it is for."""

    scopes: frozenset[str]
    about: str


def _each(*acts: str) -> frozenset[str]:
    return frozenset(f"{service}:{act}" for service in SERVICES for act in acts)


_WORK = _each("read", "write")
_RULES = frozenset({"commitments:admin", "notifications:admin", "feedback:admin"})
_STATE = frozenset({"operations:read"})

POWERS: dict[Role, Power] = {
    Role.AGENT: Power(_WORK, "Handles contacts, cases and promises."),
    Role.LEAD: Power(_WORK, "Does what an agent does; commitments gives a lead wider limits."),
    Role.MANAGER: Power(_WORK | _RULES | _STATE, "Also sets what holds for others: limits, budgets, policies, words."),
    Role.ADMIN: Power(_each("read", "write", "admin") | _STATE, "Also sets up channels, and says who our people are."),
    Role.AUDITOR: Power(_each("read"), "Reads everything and changes nothing."),
    # Customers name no partner yet, so that none can be told to be a partner's own.
    Role.PARTNER: Power(frozenset(), "Sees its own customers alone: none until customers name their partner."),
}


def scopes_of(roles: Iterable[str]) -> frozenset[str]:
    """The scopes of somebody with these roles. A role that a tenant made for commitments' limits gives none."""
    return frozenset(scope for role in roles if role in POWERS for scope in POWERS[Role(role)].scopes)


def is_known(role: str) -> bool:
    return role in POWERS
