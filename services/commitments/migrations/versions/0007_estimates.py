"""What history says of how long a promise takes: its curves, and the index that they are drawn by."""

from __future__ import annotations

from alembic import op

revision = "0007"
down_revision = "0006"

_STATEMENTS = (
    """CREATE TABLE estimate (
        category text, window_days int, fitted_at timestamptz NOT NULL, n int NOT NULL, events int NOT NULL,
        longest float NOT NULL, ages float[] NOT NULL, shares float[] NOT NULL,
        PRIMARY KEY (category, window_days))""",
    # Of promises alone: the clocks that policy opens, thousands a second, have no part in it.
    """CREATE INDEX commitment_history ON commitment (coalesce(category, ''),
            coalesce(fulfilled_at, CASE WHEN status IN ('withdrawn', 'void') THEN closed_at END, 'infinity'))
        WHERE kind = 'promise' AND obligor = 'us' AND promised_at IS NOT NULL
            AND status <> 'draft' AND status <> 'declined'""",
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP INDEX commitment_history")
    op.execute("DROP TABLE estimate")
