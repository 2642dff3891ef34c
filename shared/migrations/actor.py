"""Who did what an event tells of, as a column of the log. Frozen, as all that a revision calls.

Rows of before have none, and so have those that the version before goes on writing.
"""

from __future__ import annotations

from alembic import op


def add_actor() -> None:
    op.execute("ALTER TABLE event_log ADD COLUMN IF NOT EXISTS actor text")


def drop_actor() -> None:
    op.execute("ALTER TABLE event_log DROP COLUMN actor")
