"""The limits of the role admin: those of a manager to begin with, and the tenant's to change."""

from __future__ import annotations

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_LIMITS = """{"concession": null, "cost": null, "goodwill": null, "shortest_minutes": null, "longest_days": null,
    "may_promise_early": true, "administers": true}"""


def upgrade() -> None:
    op.execute(f"""
        INSERT INTO house_rule (kind, name, value, valid_from, set_by)
        SELECT 'limits', 'admin', CAST('{_LIMITS}' AS jsonb), '2000-01-01T00:00:00Z', 'default'
        WHERE NOT EXISTS (SELECT FROM house_rule WHERE kind = 'limits' AND name = 'admin')
    """)


def downgrade() -> None:
    op.execute("DELETE FROM house_rule WHERE kind = 'limits' AND name = 'admin' AND set_by = 'default'")
