"""What each event is about, as a column of the log. Frozen, as all that a revision calls.

The version before goes on writing meanwhile, and after: its rows have no subject, and housekeeping gives them one.
"""

from __future__ import annotations

from alembic import op
from sqlalchemy import text

PIECE = 5000
"""Rows filled in one transaction."""


def _named(field: str) -> str:
    # No cast to jsonb: it refuses a text that holds a NUL, and what a customer wrote may.
    return f"""substring(l.data FROM '"{field}": ?"([0-9a-f-]{{36}})"')"""


_FILL = text(f"""
    WITH piece AS (SELECT id FROM event_log WHERE id > :after ORDER BY id LIMIT :piece),
    filled AS (
        UPDATE event_log l SET subject = CAST(coalesce(CASE split_part(l.type, '.', 2)
                WHEN 'commitment' THEN {_named("commitment_id")}
                WHEN 'goodwill' THEN coalesce({_named("commitment_id")}, {_named("case_id")})
                WHEN 'request' THEN {_named("case_id")}
                WHEN 'next_contact' THEN {_named("case_id")}
                WHEN 'case' THEN {_named("case_id")}
                WHEN 'interaction' THEN {_named("interaction_id")}
                WHEN 'notification' THEN {_named("notification_id")}
                WHEN 'survey' THEN {_named("survey_id")}
                WHEN 'feedback' THEN {_named("survey_id")}
            END, {_named("customer_id")}) AS uuid)
        FROM piece WHERE l.id = piece.id AND l.subject IS NULL)
    SELECT max(id) FROM piece
""")
_INDEXES = {
    "event_log_subject": "event_log (subject, id)",
    "event_log_without_subject": "event_log (id) WHERE subject IS NULL",
}


def add_subject() -> None:
    """Nobody who writes waits for more than the new column: the rest is in pieces, and beside them.

    It can be broken off anywhere and begun again.
    """
    op.execute("ALTER TABLE event_log ADD COLUMN IF NOT EXISTS subject uuid")
    with op.get_context().autocommit_block():
        op.execute("SET lock_timeout = 0")  # what follows stops nobody while it waits
        after: int | None = 0
        while after is not None:
            after = op.get_bind().execute(_FILL, {"after": after, "piece": PIECE}).scalar_one()
        for name, on in _INDEXES.items():
            op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")  # one that was broken off is there, and of no use
            op.execute(f"CREATE INDEX CONCURRENTLY {name} ON {on}")
        op.execute("SET lock_timeout = '5s'")


def drop_subject() -> None:
    op.execute("ALTER TABLE event_log DROP COLUMN subject")
