"""PostgreSQL from a wheel, run as our child: for one machine and for tests."""

from shared.embedded.cluster import EmbeddedPostgresError, psql
from shared.embedded.server import EmbeddedPostgres

__all__ = ["EmbeddedPostgres", "EmbeddedPostgresError", "psql"]
