"""Mends databases that earlier texts of revision 0002 have left incomplete. Elsewhere it changes nothing."""

from __future__ import annotations

from alembic import op
from sqlalchemy import inspect

from shared.migrations import mend_backbone

revision = "0003"
down_revision = "0002"

_STATEMENTS = (
    """CREATE INDEX IF NOT EXISTS interaction_fact_watermark ON interaction_fact (customer_id, occurred_at)
        WHERE about IS NULL""",
    # Where a mailbox is numbered anew, it is read again from this day on: a copy is known by its Message-ID.
    """ALTER TABLE mailbox_place ADD COLUMN IF NOT EXISTS as_of timestamptz NOT NULL
        DEFAULT now() - interval '30 days'""",
    "ALTER TABLE mailbox_place ALTER COLUMN as_of DROP DEFAULT",
    """CREATE TABLE IF NOT EXISTS channel_change (
        id uuid PRIMARY KEY, channel text NOT NULL, at timestamptz NOT NULL, by text NOT NULL, what text NOT NULL)""",
    "CREATE INDEX IF NOT EXISTS channel_change_of ON channel_change (channel, at)",
    "CREATE INDEX IF NOT EXISTS interaction_received ON interaction (received_at)",
)
# A token stays used: by a request that no digest is equal to, so that whatever carries it again is dropped.
_TOKENS = (
    "ALTER TABLE used_token RENAME COLUMN external_id TO digest",
    "UPDATE used_token SET digest = 'of ' || digest",
)


def upgrade() -> None:
    mend_backbone()
    for statement in _STATEMENTS:
        op.execute(statement)
    if "external_id" in {column["name"] for column in inspect(op.get_bind()).get_columns("used_token")}:
        for statement in _TOKENS:
            op.execute(statement)


def downgrade() -> None:
    """Nothing: what was missing is taken away by the revisions that make it."""
