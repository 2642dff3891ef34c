"""What each event is about stands beside it in the log, so that the story of one thing is read by an index."""

from shared.migrations import add_subject, drop_subject

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    add_subject()


def downgrade() -> None:
    drop_subject()
