"""Addresses that are not to be written to: whoever is there opted out, blocked us, or cannot be reached."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import text

from shared import bulk
from shared.contracts.intake import Handle, HandleKind, Reachability
from shared.database import WriteSession
from shared.reach import ReachReport

_TYPES = {
    "kind": "text",
    "account": "text",
    "value": "text",
    "reason": "text",
    "reachable": "boolean",
    "occurred_at": "timestamptz",
}
_STORE = text(f"""
    {bulk.insert("suppression", _TYPES)} ON CONFLICT (kind, account, value) DO UPDATE
    SET reason = excluded.reason, reachable = excluded.reachable, occurred_at = excluded.occurred_at
    WHERE (excluded.occurred_at, NOT excluded.reachable) > (suppression.occurred_at, NOT suppression.reachable)
""")
_KEYS = {"kind": "text", "account": "text", "value": "text"}
_UNREACHABLE = text(f"""
    SELECT s.kind, s.account, s.value, s.reason
    FROM {bulk.unnest(_KEYS)} JOIN suppression s USING (kind, account, value) WHERE NOT s.reachable
""")


async def store(session: WriteSession, reports: Iterable[ReachReport]) -> None:
    """Stores reports on handles, one a handle, where they outweigh what is stored."""
    rows = sorted(reports, key=lambda one: (one.handle.kind, one.handle.account, one.handle.value))
    if rows:
        await session.execute(
            _STORE,
            {
                "kind": [one.handle.kind.value for one in rows],
                "account": [one.handle.account for one in rows],
                "value": [one.handle.value for one in rows],
                "reason": [one.reason.value for one in rows],
                "reachable": [one.reason.is_reachable for one in rows],
                "occurred_at": [one.at for one in rows],
            },
        )


async def unreachable(session: WriteSession, handles: Iterable[Handle]) -> dict[Handle, Reachability]:
    """Those of these handles that are not to be written to, and why."""
    sought = list(handles)
    if not sought:
        return {}
    values = bulk.columns(sought, _KEYS)
    return {
        Handle(kind=HandleKind(kind), account=account, value=value): Reachability(reason)
        for kind, account, value, reason in await session.execute(_UNREACHABLE, values)
    }
