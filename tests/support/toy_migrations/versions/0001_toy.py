"""The backbone, and one table that shows what was done."""

from alembic import op

from shared.migrations import add_actor, add_subject, create_backbone, create_positions

revision = "0001"
down_revision = None


def upgrade() -> None:
    create_backbone()
    create_positions()
    add_subject()
    add_actor()
    op.execute("CREATE TABLE effect (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, key text, word text NOT NULL)")
