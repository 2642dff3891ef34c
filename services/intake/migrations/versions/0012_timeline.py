"""What an entry of the timeline is, by which channel, of which case and for whom stands beside it.

Nobody who writes waits: the columns are empty at first, and a loop of this version's fills what others have written.
"""

from __future__ import annotations

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        ALTER TABLE timeline_entry
            ADD COLUMN IF NOT EXISTS kind text, ADD COLUMN IF NOT EXISTS channel text,
            ADD COLUMN IF NOT EXISTS case_id uuid, ADD COLUMN IF NOT EXISTS subject uuid,
            ADD COLUMN IF NOT EXISTS audience text
    """)
    with op.get_context().autocommit_block():
        op.execute("SET lock_timeout = 0")  # what follows stops nobody while it waits
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS timeline_unsorted")  # one that was broken off is of no use
        op.execute("CREATE INDEX CONCURRENTLY timeline_unsorted ON timeline_entry (event_id) WHERE kind IS NULL")
        op.execute("SET lock_timeout = '5s'")


def downgrade() -> None:
    op.execute("DROP INDEX timeline_unsorted")
    op.execute("""
        ALTER TABLE timeline_entry DROP COLUMN kind, DROP COLUMN channel, DROP COLUMN case_id,
            DROP COLUMN subject, DROP COLUMN audience
    """)
