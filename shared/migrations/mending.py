"""What an earlier text of the backbone lacked. Frozen, as all that a revision calls."""

from __future__ import annotations

from alembic import op


def mend_backbone() -> None:
    op.execute("CREATE INDEX IF NOT EXISTS inbox_age ON inbox USING brin (received_at)")
