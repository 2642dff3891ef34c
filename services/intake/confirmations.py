"""Addresses that a provider wants fetched once, to confirm a subscription."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import text

from shared.database import WriteSession

_ASK = text("""
    INSERT INTO confirmation (url, channel, asked_at, next_at)
    SELECT url, channel, :now, :now FROM unnest(CAST(:urls AS text[]), CAST(:channels AS text[])) AS c (url, channel)
    ON CONFLICT DO NOTHING
""")


async def ask(session: WriteSession, urls: Mapping[str, str]) -> None:
    """`urls` are channels by address. One that was asked for before is not asked for again."""
    if urls:
        await session.execute(_ASK, {"now": session.now, "urls": list(urls), "channels": list(urls.values())})
