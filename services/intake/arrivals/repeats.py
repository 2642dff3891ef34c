"""Reports on handles that say no time, each taken once: read again, it would be taken for a new one of that moment."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import text

from services.intake.arrivals.arrival import Told
from services.intake.channels.items import Moved, Reach
from shared import bulk
from shared.database import WriteSession

# Beside the tokens of requests, which begin otherwise.
_CLAIM = text(f"""
    {bulk.insert("used_token", {"channel": "text", "token": "text", "digest": "text"})}
    ON CONFLICT DO NOTHING RETURNING channel, token
""")

_Key = tuple[str, str]


async def dropped(session: WriteSession, told: Sequence[Told]) -> Sequence[Told]:
    """These without the undated reports that were taken before, or stand among them already. Their order stays."""
    undated = {key: one for one in reversed(told) if (key := _key(one))}
    if not undated:
        return told
    values = {
        "channel": [channel for channel, _ in undated],
        "token": [token for _, token in undated],
        "digest": [type(one.item).__name__ for one in undated.values()],
    }
    fresh = {(row.channel, row.token) for row in await session.execute(_CLAIM, values)}
    return [one for one in told if (key := _key(one)) is None or (key in fresh and undated[key] is one)]


def _key(one: Told) -> _Key | None:
    """(channel, token) of a report that says no time."""
    if not isinstance(one.item, Reach | Moved) or one.item.at is not None:
        return None
    return one.source.channel, f"report {one.item.external_id}"
