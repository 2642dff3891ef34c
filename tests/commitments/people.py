"""Who asks: people of ours with roles, and a token that may do everything."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from shared.security import Tokens
from tests.commitments.conftest import Commitments


def by(kept: Commitments, subject: str, *scopes: str) -> Any:
    """The options of a call made by `subject`, who may read and write promises."""
    held = frozenset(scopes or ("commitments:read", "commitments:write"))
    token = Tokens(kept.runtime.settings, kept.clock).issue(subject, held, lifetime=timedelta(days=400))
    return {"headers": {"Authorization": f"Bearer {token}"}}


def everything(kept: Commitments) -> Any:
    return by(kept, "root", "*")


async def appoint(kept: Commitments, subject: str, role: str, team: str | None = None) -> Any:
    body = {"role": role, "team": team}
    return await kept.call("PUT", f"/staff/{subject}", json=body, expect=201, **everything(kept))


def vnd(amount: str, **more: str) -> dict[str, str]:
    return {"amount": amount, "currency": "VND", **more}
