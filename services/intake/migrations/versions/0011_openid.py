"""Who somebody of ours is at the OpenID provider."""

from __future__ import annotations

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE person ADD COLUMN openid_issuer text, ADD COLUMN openid text")
    op.execute("ALTER TABLE person ADD CONSTRAINT person_openid UNIQUE (openid_issuer, openid)")


def downgrade() -> None:
    op.execute("ALTER TABLE person DROP COLUMN openid, DROP COLUMN openid_issuer")
