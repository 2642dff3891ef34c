"""The backbone, messages, and what we know of those who get them."""

from alembic import op

from shared.migrations import create_backbone, drop_backbone

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_STATEMENTS = (
    """CREATE TABLE notification (
        id uuid PRIMARY KEY, customer_id uuid NOT NULL, template text NOT NULL, cause_id uuid NOT NULL,
        once_for uuid NOT NULL, commitment_id uuid, case_id uuid, details jsonb NOT NULL, traceparent text,
        state text NOT NULL, attempts int NOT NULL, created_at timestamptz NOT NULL,
        next_attempt_at timestamptz NOT NULL, expires_at timestamptz, channel_kind text, language text,
        address text, subject text, text text, ended_at timestamptz, reason text,
        CONSTRAINT notification_once UNIQUE (once_for, template))
        WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 2000)""",
    "CREATE INDEX notification_due ON notification (next_attempt_at) WHERE state IN ('pending', 'sending')",
    "CREATE INDEX notification_newest ON notification (created_at, id)",
    "CREATE INDEX notification_customer ON notification (customer_id, created_at, id)",
    "CREATE INDEX notification_open_commitment ON notification (commitment_id) WHERE state IN ('pending', 'sending')",
    """CREATE TABLE recipient (
        customer_id uuid PRIMARY KEY, name text, language text, handles jsonb NOT NULL, merged_into uuid)""",
    "CREATE INDEX recipient_merged ON recipient (merged_into) WHERE merged_into IS NOT NULL",
)


def upgrade() -> None:
    create_backbone()
    for statement in _STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TABLE recipient")
    op.execute("DROP TABLE notification")
    drop_backbone()
