"""Migrations: each service has its own Alembic history; the backbone's tables begin every one of them."""

from shared.migrations.backbone import create_backbone, drop_backbone
from shared.migrations.run import upgrade

__all__ = ["create_backbone", "drop_backbone", "upgrade"]
