"""The table of how far a service has read each partition. Frozen, as all that a revision calls."""

from __future__ import annotations

from alembic import op


def create_positions() -> None:
    op.execute("""
        CREATE TABLE consumer_position (
            topic text, partition int, next_offset bigint NOT NULL, broker text NOT NULL, event_time timestamptz,
            handled_before bigint NOT NULL DEFAULT 0, replay_from timestamptz, PRIMARY KEY (topic, partition))
            WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 2000)
    """)


def drop_positions() -> None:
    op.execute("DROP TABLE consumer_position")
