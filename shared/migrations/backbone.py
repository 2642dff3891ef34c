"""The tables every service's database has. Frozen: a change is a new function and a new revision."""

from __future__ import annotations

from alembic import op

# Queue-like tables (outbox, timer) live by inserts and deletes: vacuum them early and often.
_BUSY = "WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 2000)"

_STATEMENTS = (
    """CREATE TABLE event_log (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, event_id uuid NOT NULL, type text NOT NULL,
        topic text NOT NULL, source text NOT NULL, key text NOT NULL, sequence bigint NOT NULL,
        time timestamptz NOT NULL, traceparent text, data text NOT NULL)""",
    "CREATE UNIQUE INDEX event_log_key ON event_log (key, sequence)",
    f"CREATE TABLE outbox (id bigint PRIMARY KEY) {_BUSY}",
    "CREATE TABLE stream_head (key text PRIMARY KEY, last bigint NOT NULL) WITH (fillfactor = 70)",
    "CREATE TABLE inbox (event_id uuid PRIMARY KEY, received_at timestamptz NOT NULL)",
    # Rows lie in the order they came, so a block-range index finds the old ones at next to no cost.
    "CREATE INDEX inbox_age ON inbox USING brin (received_at)",
    """CREATE TABLE parked_event (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, topic text NOT NULL, partition int NOT NULL,
        "offset" bigint NOT NULL, key text NOT NULL, headers jsonb NOT NULL, value bytea, reason text NOT NULL,
        attempts int NOT NULL DEFAULT 1, parked_at timestamptz NOT NULL,
        dead_letter_sent boolean NOT NULL DEFAULT false, UNIQUE (topic, partition, "offset"))""",
    "CREATE INDEX parked_event_key ON parked_event (key, id)",
    "CREATE INDEX parked_event_unsent ON parked_event (id) WHERE NOT dead_letter_sent",
    f"""CREATE TABLE timer (
        kind text NOT NULL, subject text NOT NULL, due_at timestamptz NOT NULL,
        attempts int NOT NULL DEFAULT 0, last_error text, PRIMARY KEY (kind, subject)) {_BUSY}""",
    "CREATE INDEX timer_due ON timer (due_at)",
    """CREATE TABLE lease (
        name text PRIMARY KEY, holder text NOT NULL, term bigint NOT NULL, expires_at timestamptz NOT NULL)""",
    """CREATE TABLE idempotency_key (
        key text PRIMARY KEY, request_hash text NOT NULL, status int, headers text, body bytea,
        created_at timestamptz NOT NULL)""",
)
_TABLES = (
    "idempotency_key",
    "lease",
    "timer",
    "parked_event",
    "inbox",
    "stream_head",
    "outbox",
    "event_log",
)


def create_backbone() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)


def drop_backbone() -> None:
    for table in _TABLES:
        op.execute(f"DROP TABLE {table}")
