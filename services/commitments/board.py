"""The promise board: what is broken, at risk, due soon and later, and who waits on whom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

from fastapi import Depends, Query, Request
from fastapi.responses import HTMLResponse
from sqlalchemy import Row, TextClause, text

from services.commitments.promise import Promise
from services.commitments.store import COLUMNS, as_promise
from shared.routing import Reading, router
from shared.security import Principal, require
from shared.web import Pages

pages = router("/commitments/board", include_in_schema=False)
_pages = Pages(Path(__file__).parent / "pages")

LIMIT = 200
"""Promises on one board. More than a person can act on is a list, not a board: the API has it."""


def opened(owner: str) -> TextClause:
    """Two statements, not one with an OR: each reads its index in order and stops at the limit."""
    theirs = "AND owner = :owner" if owner else ""
    return text(f"""
        SELECT {COLUMNS}, name FROM (
            SELECT * FROM commitment WHERE status IN ('stated', 'agreed') {theirs}
            ORDER BY due_at, id LIMIT :limit) c
        LEFT JOIN (SELECT id AS customer, name FROM customer) k ON k.customer = c.customer_id ORDER BY due_at, id
    """)


_CLOSED = text(f"""
    SELECT {COLUMNS}, name FROM (
        SELECT * FROM commitment WHERE closed_at > :since AND (:owner = '' OR owner = :owner)
        ORDER BY closed_at DESC, id LIMIT 50) c
    LEFT JOIN (SELECT id AS customer, name FROM customer) k ON k.customer = c.customer_id
    ORDER BY closed_at DESC, id
""")


@dataclass(frozen=True, slots=True)
class Line:
    promise: Promise
    customer: str | None


@dataclass(frozen=True, slots=True)
class Board:
    """Each open promise stands in exactly one column."""

    broken: Sequence[Line]
    declined: Sequence[Line]
    at_risk: Sequence[Line]
    today: Sequence[Line]
    later: Sequence[Line]
    done: Sequence[Line]


def arrange(opened: Sequence[Line], closed: Sequence[Line], now: datetime) -> Board:
    day = now + timedelta(hours=24)
    risky = [line for line in opened if line.promise.warned_at is not None]
    calm = [line for line in opened if line.promise.warned_at is None]
    return Board(
        broken=[line for line in closed if line.promise.status == "broken"],
        declined=[line for line in closed if line.promise.status == "declined"],
        at_risk=risky,
        today=[line for line in calm if line.promise.binds.due_at <= day],
        later=[line for line in calm if line.promise.binds.due_at > day],
        done=[line for line in closed if line.promise.status == "fulfilled"],
    )


@pages.get("")
async def board(
    request: Request,
    session: Reading,
    who: Annotated[Principal, Depends(require("commitments:read"))],
    owner: Annotated[str, Query(max_length=200)] = "",
    lang: Annotated[str, Query(pattern="^(vi|en)$")] = "en",
) -> HTMLResponse:
    now: datetime = request.app.state.runtime.clock.now()
    values: dict[str, Any] = {"owner": owner} if owner else {}
    lines = _lines(await session.execute(opened(owner), values | {"limit": LIMIT + 1}))
    closed = await session.execute(_CLOSED, {"owner": owner, "since": now - timedelta(days=1)})
    return _pages.render(
        "board.html",
        language=lang,
        board=arrange(lines[:LIMIT], _lines(closed), now),
        limit=LIMIT if len(lines) > LIMIT else None,
        zone=request.app.state.runtime.settings.default_zone,
        owner=owner,
        who=who.subject,
    )


def _lines(rows: Any) -> list[Line]:
    return [_line(row) for row in rows]


def _line(row: Row[Any]) -> Line:
    return Line(as_promise(row), row.name)
