"""When the others were told that a handle cannot be reached, and when its owner last refused to be written to.

What is there already counts as not told: a loop of this version's tells it once, in pieces.
"""

from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.execute("""
        ALTER TABLE handle_reach ADD COLUMN IF NOT EXISTS told_at timestamptz,
            ADD COLUMN IF NOT EXISTS refused_at timestamptz
    """)
    with op.get_context().autocommit_block():
        op.execute("SET lock_timeout = 0")  # what follows stops nobody while it waits
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS handle_reach_untold")  # one that was broken off is of no use
        op.execute("""
            CREATE INDEX CONCURRENTLY handle_reach_untold ON handle_reach (kind, account, value)
            WHERE NOT reachable AND told_at IS NULL
        """)
        op.execute("SET lock_timeout = '5s'")


def downgrade() -> None:
    op.execute("ALTER TABLE handle_reach DROP COLUMN told_at, DROP COLUMN refused_at")
