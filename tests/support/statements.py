"""The statements that a piece of work costs, counted where they leave for the database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

from shared.database import Database


@contextmanager
def counted(database: Database) -> Iterator[list[str]]:
    """Gives a list that grows by each statement while the block runs."""
    statements: list[str] = []

    def count(*call: Any) -> None:
        statements.append(call[2])

    engine = database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", count)
    try:
        yield statements
    finally:
        event.remove(engine, "before_cursor_execute", count)
