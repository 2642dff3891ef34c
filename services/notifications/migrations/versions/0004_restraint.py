"""To whom and when each message was handed over last: what automatic answers are bounded by."""

from alembic import op

revision = "0004"
down_revision = "0003"

_WHERE = "WHERE template = 'acknowledgement' AND handed_at IS NOT NULL"
_STATEMENTS = (
    "ALTER TABLE notification ADD COLUMN IF NOT EXISTS handed_at timestamptz",
    "ALTER TABLE notification ADD COLUMN IF NOT EXISTS mailbox text",
    f"CREATE INDEX IF NOT EXISTS notification_answered_mailbox ON notification (mailbox, handed_at) {_WHERE}",
    f"CREATE INDEX IF NOT EXISTS notification_answered_case ON notification (case_id, handed_at) {_WHERE}",
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("ALTER TABLE notification DROP COLUMN handed_at, DROP COLUMN mailbox")
