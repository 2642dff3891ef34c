"""Subjects for events that the version before wrote: while an upgrade rolls, and after a step back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import Row, text

from shared.contracts import UnknownEvent, parse, subject_of
from shared.eventlog.read import COLUMNS, as_event

if TYPE_CHECKING:
    from shared.database import Database

PIECE = 5000
"""Rows that one transaction fills."""

_WITHOUT = text(f"SELECT {COLUMNS} FROM event_log WHERE subject IS NULL ORDER BY id LIMIT :piece")
_FILL = text("""
    UPDATE event_log l SET subject = f.subject
    FROM unnest(CAST(:keys AS text[]), CAST(:sequences AS bigint[]), CAST(:subjects AS uuid[]))
         AS f (key, sequence, subject)
    WHERE l.key = f.key AND l.sequence = f.sequence AND l.subject IS NULL
""")


async def fill_subjects(database: Database) -> int:
    """Returns how many there were."""
    filled = 0
    while True:
        async with database.engine.begin() as connection:
            rows = (await connection.execute(_WITHOUT, {"piece": PIECE})).all()
            if rows:
                keys, sequences = [row.key for row in rows], [row.sequence for row in rows]
                subjects = [_subject(row) for row in rows]
                await connection.execute(_FILL, {"keys": keys, "sequences": sequences, "subjects": subjects})
        filled += len(rows)
        if len(rows) < PIECE:
            return filled


def _subject(row: Row[Any]) -> UUID:
    """Of what nobody can read, the customer."""
    try:
        return subject_of(parse(as_event(row)))
    except UnknownEvent:
        return UUID(row.key)
