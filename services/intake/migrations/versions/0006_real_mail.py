"""Mail as it is: who wrote it, what may answer it, which pictures its text shows, and ids that several mails have."""

from __future__ import annotations

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_STATEMENTS = (
    "ALTER TABLE channel ADD COLUMN IF NOT EXISTS reply_to_is_writer boolean NOT NULL DEFAULT false",
    """ALTER TABLE interaction ADD COLUMN IF NOT EXISTS may_be_person boolean NOT NULL DEFAULT false,
        ADD COLUMN IF NOT EXISTS no_automatic_answer boolean NOT NULL DEFAULT false""",
    "ALTER TABLE attachment ADD COLUMN IF NOT EXISTS in_text boolean NOT NULL DEFAULT false",
    "ALTER TABLE channel_news ADD COLUMN IF NOT EXISTS shared_ids bigint NOT NULL DEFAULT 0",
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("ALTER TABLE channel_news DROP COLUMN shared_ids")
    op.execute("ALTER TABLE attachment DROP COLUMN in_text")
    op.execute("ALTER TABLE interaction DROP COLUMN may_be_person, DROP COLUMN no_automatic_answer")
    op.execute("ALTER TABLE channel DROP COLUMN reply_to_is_writer")
