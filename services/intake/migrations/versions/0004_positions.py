"""How far the service has read each partition stands beside what it made of it: a restored database begins there."""

from shared.migrations import create_positions, drop_positions

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    create_positions()


def downgrade() -> None:
    drop_positions()
