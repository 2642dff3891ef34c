"""Addresses that are not to be written to, and receipts that came before the provider's id was written down."""

from alembic import op

revision = "0007"
down_revision = "0006"

_STATEMENTS = (
    """CREATE TABLE IF NOT EXISTS suppression (
        kind text NOT NULL, account text NOT NULL, value text NOT NULL, reason text NOT NULL,
        reachable boolean NOT NULL, occurred_at timestamptz NOT NULL, PRIMARY KEY (kind, account, value))""",
    """CREATE TABLE IF NOT EXISTS receipt (
        provider_id text NOT NULL, fact text NOT NULL, occurred_at timestamptz NOT NULL, heard_at timestamptz NOT NULL,
        reason text, PRIMARY KEY (provider_id, fact))""",
    "CREATE INDEX IF NOT EXISTS receipt_heard ON receipt (heard_at)",
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TABLE suppression")
    op.execute("DROP TABLE receipt")
