"""A message has attempts: each hand-over to a provider is a row, and no more written on the message itself."""

from alembic import op

from services.notifications.migrations.keeping import KEEP, PIECE

revision = "0006"
down_revision = "0005"

_STATEMENTS = (
    """CREATE TABLE IF NOT EXISTS attempt (
        notification_id uuid NOT NULL, number int NOT NULL, provider text NOT NULL, account text, form text NOT NULL,
        channel_kind text NOT NULL, address text, language text, subject text, text text, reference text,
        provider_id text, state text NOT NULL, begun_at timestamptz NOT NULL, accepted_at timestamptz,
        delivered_at timestamptz, read_at timestamptz, failed_at timestamptz, reason text,
        PRIMARY KEY (notification_id, number))
        WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 2000)""",
    "CREATE INDEX IF NOT EXISTS attempt_provider_id ON attempt (provider_id) WHERE provider_id IS NOT NULL",
    """ALTER TABLE notification ADD COLUMN IF NOT EXISTS attempts_kept int NOT NULL DEFAULT 0,
        ADD COLUMN IF NOT EXISTS covers_case boolean NOT NULL DEFAULT true""",
)


def upgrade() -> None:
    """It can be broken off anywhere and begun again; nobody who writes waits for more than the new columns."""
    for statement in _STATEMENTS:
        op.execute(statement)
    with op.get_context().autocommit_block():
        op.execute("SET lock_timeout = 0")  # what follows stops nobody while it waits
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS notification_unkept")
        op.execute("CREATE INDEX CONCURRENTLY notification_unkept ON notification (id) WHERE attempts > attempts_kept")
        while op.get_bind().execute(KEEP, {"piece": PIECE}).rowcount:
            continue
        op.execute("SET lock_timeout = '5s'")


def downgrade() -> None:
    op.execute("ALTER TABLE notification DROP COLUMN attempts_kept, DROP COLUMN covers_case")
    op.execute("DROP TABLE attempt")
