"""Settings that have a table of their own, one version a row.

Such a table has the columns `id` (ascending), `valid_from` and `set_by`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import ColumnElement
from sqlmodel import SQLModel, col, select

from shared.database import ReadSession, WriteSession

R = TypeVar("R", bound=SQLModel)


async def history(session: ReadSession, row: type[R], *where: ColumnElement[bool]) -> Sequence[R]:
    """Every version, those to come included, in the order in which they begin."""
    made: Any = row
    query = select(row).where(*where).order_by(col(made.valid_from), col(made.id))
    return (await session.exec(query)).all()


async def add(session: WriteSession, row: R) -> R:
    """Stores a version, and gives it its id."""
    session.add(row)
    await session.flush()
    return row


async def newest(session: ReadSession, row: type[R], at: datetime, *where: ColumnElement[bool]) -> R | None:
    """The version of one setting that is in force at an instant; None where there is none yet."""
    made: Any = row
    query = select(row).where(*where, col(made.valid_from) <= at)
    return (await session.exec(query.order_by(col(made.valid_from).desc(), col(made.id).desc()).limit(1))).one_or_none()
