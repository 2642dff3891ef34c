"""The backbone, and one table that shows what was done."""

from alembic import op

from shared.migrations import create_backbone

revision = "0001"
down_revision = None


def upgrade() -> None:
    create_backbone()
    op.execute("CREATE TABLE effect (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, key text, word text NOT NULL)")
