"""Contacts that a promise answers besides the one that opened it: an answer to any of them keeps it."""

from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.execute("""CREATE TABLE IF NOT EXISTS joined_contact (
        interaction_id uuid PRIMARY KEY, commitment_id uuid NOT NULL, joined_at timestamptz NOT NULL)""")


def downgrade() -> None:
    op.execute("DROP TABLE joined_contact")
