"""Curves as stored rows, one a category and window, so that no page and no write ever draws one."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, text

from services.commitments.estimates.answer import WIDER, Drawn, Fitted, is_wide_enough, widened
from services.commitments.estimates.history import Lives, lives, spans
from shared.database import ReadSession, WriteSession
from shared.statistics.survival import Curve, survival, thinned

EVERY = timedelta(hours=1)
"""How old a curve may become."""

MANY = 20_000
"""Promises in a window from which on a wider one is not for want of data."""

_READ = text("""
    SELECT category, window_days, fitted_at, n, events, longest, ages, shares FROM estimate
    WHERE category = ANY(CAST(:categories AS text[])) ORDER BY category, window_days
""")
_STALE = text("""
    SELECT name FROM unnest(CAST(:names AS text[])) AS known (name)
    WHERE NOT EXISTS (SELECT 1 FROM estimate WHERE category = name AND fitted_at > :before)
""")
# Two workers at once: the second waits for the first, and then finds it fresh.
_ALONE = text("SELECT pg_advisory_xact_lock(hashtextextended('estimate ' || CAST(:category AS text), 0))")
_CLEAR = text("DELETE FROM estimate WHERE category = :category")
_WRITE = text("""
    INSERT INTO estimate (category, window_days, fitted_at, n, events, longest, ages, shares)
    VALUES (:category, :window_days, :fitted_at, :n, :events, :longest, CAST(:ages AS float[]),
        CAST(:shares AS float[]))
""")


async def fitted(session: ReadSession, category: str | None) -> Fitted:
    """The curves of a category as they were drawn last; none where there is no history."""
    return (await fitted_of(session, [category]))[category]


async def fitted_of(session: ReadSession, categories: Collection[str | None]) -> dict[str | None, Fitted]:
    """The curves of several categories, as `fitted`, in one query."""
    found: dict[str, list[Row[Any]]] = {}
    for row in await session.execute(_READ, {"categories": list({category or "" for category in categories})}):
        found.setdefault(row.category, []).append(row)
    return {category: _fitted(category, found.get(category or "", [])) for category in categories}


async def stale(session: ReadSession, names: Collection[str], now: datetime) -> list[str]:
    """The categories, of these, whose curves are too old or not there."""
    return list((await session.execute(_STALE, {"names": list(names), "before": now - EVERY})).scalars())


async def refit(session: WriteSession, category: str, *, window: int) -> bool:
    """Draws the curves of a category anew, from so many days or more. False where somebody else just did."""
    await session.execute(_ALONE, {"category": category})
    if not await stale(session, [category], session.now):
        return False
    found: tuple[Drawn, ...] = ()
    for days in (window * times for times in WIDER):
        seen = await lives(session, category, days=days, now=session.now)
        # Ten thousands of lives take a while, and requests are answered in the same loop.
        found = widened(found, await asyncio.to_thread(drawn, seen, days, session.now))
        if is_wide_enough(found) or len(seen.began) >= MANY:
            break
    await session.execute(_CLEAR, {"category": category})
    await session.execute(_WRITE, [_written(category, session.now, each) for each in found])
    return True


def drawn(seen: Lives, days: int, now: datetime) -> Drawn:
    """The curve of these lives through a window of so many days, in few enough steps to be kept."""
    return Drawn(days, thinned(survival(spans(seen, now - timedelta(days=days)))))


def _written(category: str, at: datetime, drawn: Drawn) -> dict[str, Any]:
    curve = drawn.curve
    facts = {"category": category, "window_days": drawn.window_days, "fitted_at": at}
    held = {"n": curve.n, "events": curve.events, "longest": curve.longest}
    return facts | held | {"ages": list(curve.ages), "shares": list(curve.left)}


def _fitted(category: str | None, rows: list[Row[Any]]) -> Fitted:
    return Fitted(category, rows[0].fitted_at if rows else None, tuple(_drawn(row) for row in rows))


def _drawn(row: Row[Any]) -> Drawn:
    return Drawn(row.window_days, Curve(row.n, row.events, row.longest, tuple(row.ages), tuple(row.shares)))
