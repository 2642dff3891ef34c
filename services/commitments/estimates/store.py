"""Curves as stored rows, one a category, so that no page and no write ever draws one."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Collection, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, text

from services.commitments.estimates.answer import WINDOWS, Drawn, Fitted, is_wide_enough, widened
from services.commitments.estimates.history import Life, lives, spans
from services.commitments.estimates.survival import Curve, survival, thinned
from shared.database import ReadSession, WriteSession

EVERY = timedelta(hours=1)
"""How old a curve may become."""

MANY = 20_000
"""Promises in a window from which on a wider one is not for want of data."""

_READ = text("""
    SELECT category, fitted_at, curves::text AS curves FROM estimate WHERE category = ANY(CAST(:categories AS text[]))
""")
_STALE = text("""
    SELECT name FROM unnest(CAST(:names AS text[])) AS known (name) LEFT JOIN estimate ON category = name
    WHERE fitted_at IS NULL OR fitted_at <= :before
""")
# Two workers at once: the second waits for the first, and then finds it fresh.
_CLAIM = text("""
    INSERT INTO estimate AS e (category, fitted_at, curves) VALUES (:category, :now, '[]')
    ON CONFLICT (category) DO UPDATE SET fitted_at = excluded.fitted_at WHERE e.fitted_at <= :before RETURNING category
""")
_WRITE = text("UPDATE estimate SET curves = CAST(:curves AS jsonb) WHERE category = :category")


async def fitted(session: ReadSession, category: str | None) -> Fitted:
    """The curves of a category as they were drawn last; none where there is no history."""
    return (await fitted_of(session, [category]))[category]


async def fitted_of(session: ReadSession, categories: Collection[str | None]) -> dict[str | None, Fitted]:
    """As `fitted`, of several categories in one look."""
    rows = await session.execute(_READ, {"categories": list({category or "" for category in categories})})
    found = {row.category: row for row in rows}
    return {category: _fitted(category, found.get(category or "")) for category in categories}


async def stale(session: ReadSession, names: Collection[str], now: datetime) -> list[str]:
    """Of these categories, those whose curves are too old, or not there."""
    return list((await session.execute(_STALE, {"names": list(names), "before": now - EVERY})).scalars())


async def refit(session: WriteSession, category: str) -> bool:
    """Draws the curves of a category anew. False where somebody else just did."""
    values = {"category": category, "now": session.now, "before": session.now - EVERY}
    if (await session.execute(_CLAIM, values)).first() is None:
        return False
    found: tuple[Drawn, ...] = ()
    for days in WINDOWS:
        seen = await lives(session, category, days=days, now=session.now)
        # Ten thousands of lives take a while, and requests are answered in the same loop.
        found = widened(found, await asyncio.to_thread(drawn, seen, days, session.now))
        if is_wide_enough(found) or len(seen) >= MANY:
            break
    await session.execute(_WRITE, {"category": category, "curves": _written(found)})
    return True


def drawn(seen: Sequence[Life], days: int, now: datetime) -> Drawn:
    """The curve of these lives through a window of so many days, in few enough steps to be kept."""
    return Drawn(days, thinned(survival(spans(seen, now - timedelta(days=days)))))


def _written(found: Sequence[Drawn]) -> str:
    return json.dumps([{"window_days": d.window_days, **asdict(d.curve)} for d in found])


def _fitted(category: str | None, row: Row[Any] | None) -> Fitted:
    if row is None:
        return Fitted(category)
    return Fitted(category, row.fitted_at, tuple(_drawn(**held) for held in json.loads(row.curves)))


def _drawn(*, window_days: int, ages: list[float], left: list[float], **held: Any) -> Drawn:
    return Drawn(window_days, Curve(ages=tuple(ages), left=tuple(left), **held))
