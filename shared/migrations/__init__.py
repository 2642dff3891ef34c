"""Migrations: each service has its own Alembic history; the backbone's tables begin every one of them."""

from shared.migrations.actor import add_actor, drop_actor
from shared.migrations.backbone import create_backbone, drop_backbone
from shared.migrations.mending import mend_backbone
from shared.migrations.positions import create_positions, drop_positions
from shared.migrations.run import upgrade
from shared.migrations.subject import add_subject, drop_subject

__all__ = [
    "add_actor",
    "add_subject",
    "create_backbone",
    "create_positions",
    "drop_actor",
    "drop_backbone",
    "drop_positions",
    "drop_subject",
    "mend_backbone",
    "upgrade",
]
