"""Promises with parents, pauses, progress and where they come from."""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"

_STATEMENTS = (
    """ALTER TABLE commitment
        ADD COLUMN first int NOT NULL DEFAULT 1, ADD COLUMN first_due_at timestamptz, ADD COLUMN parent_id uuid,
        ADD COLUMN team text, ADD COLUMN partner text, ADD COLUMN category text, ADD COLUMN channel_kind text,
        ADD COLUMN waiting_since timestamptz, ADD COLUMN progress jsonb""",
    "UPDATE commitment SET first_due_at = CAST(terms -> 0 ->> 'due_at' AS timestamptz)",
    "ALTER TABLE commitment ALTER COLUMN first_due_at SET NOT NULL, ALTER COLUMN first DROP DEFAULT",
    "CREATE INDEX commitment_parent ON commitment (parent_id) WHERE parent_id IS NOT NULL",
    "CREATE INDEX commitment_fell_due ON commitment (first_due_at, id) WHERE status <> 'draft'",
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP INDEX commitment_fell_due")
    op.execute("DROP INDEX commitment_parent")
    op.execute(
        """ALTER TABLE commitment DROP COLUMN first, DROP COLUMN first_due_at, DROP COLUMN parent_id, DROP COLUMN team,
            DROP COLUMN partner, DROP COLUMN category, DROP COLUMN channel_kind, DROP COLUMN waiting_since,
            DROP COLUMN progress"""
    )
