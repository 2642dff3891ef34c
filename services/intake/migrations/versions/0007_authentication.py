"""What was found out about whether a mail came from where it says is kept with it."""

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.execute("ALTER TABLE interaction ADD COLUMN IF NOT EXISTS authentication jsonb")


def downgrade() -> None:
    op.execute("ALTER TABLE interaction DROP COLUMN authentication")
