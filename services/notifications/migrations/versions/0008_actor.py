"""Who did what an event tells of stands beside it in the log."""

from shared.migrations import add_actor, drop_actor

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    add_actor()


def downgrade() -> None:
    drop_actor()
