"""When the owner of a handle last agreed to be written to: an older refusal that is told again is none."""

from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.execute("ALTER TABLE handle_reach ADD COLUMN IF NOT EXISTS agreed_at timestamptz")


def downgrade() -> None:
    op.execute("ALTER TABLE handle_reach DROP COLUMN agreed_at")
