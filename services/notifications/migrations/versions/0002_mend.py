"""Mends databases that an earlier text of the backbone has left without an index. Elsewhere it changes nothing."""

from shared.migrations import mend_backbone

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    mend_backbone()


def downgrade() -> None:
    """Nothing: what was missing is taken away by the revisions that make it."""
