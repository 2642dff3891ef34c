"""What fell due for an owner is indexed without what has none: most clocks of policy, which close by the thousand."""

from __future__ import annotations

from alembic import op

revision = "0008"
down_revision = "0007"

_DROP = "DROP INDEX commitment_fell_due_owner"
_CREATE = "CREATE INDEX commitment_fell_due_owner ON commitment (owner, first_due_at) WHERE obligor = 'us'"


def upgrade() -> None:
    op.execute(_DROP)
    op.execute(f"{_CREATE} AND owner IS NOT NULL")


def downgrade() -> None:
    op.execute(_DROP)
    op.execute(_CREATE)
