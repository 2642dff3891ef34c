"""Our own people: who they are, and with which roles they sign in."""

from __future__ import annotations

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        CREATE TABLE person (
            id uuid PRIMARY KEY, subject text NOT NULL UNIQUE, name text NOT NULL, email text UNIQUE, language text,
            zone text, team text, roles text[] NOT NULL, partner text, active boolean NOT NULL,
            added_at timestamptz NOT NULL, changed_at timestamptz NOT NULL)
    """)


def downgrade() -> None:
    op.execute("DROP TABLE person")
