"""Requests that hold more than is filed at once: how many of their items are filed already."""

from __future__ import annotations

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE raw_waiting ADD COLUMN IF NOT EXISTS done int NOT NULL DEFAULT 0")


def downgrade() -> None:
    op.execute("ALTER TABLE raw_waiting DROP COLUMN IF EXISTS done")
