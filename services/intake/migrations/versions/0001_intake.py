"""What intake owns: channels, raw requests, customers and their handles, cases, interactions, the timeline."""

from __future__ import annotations

from alembic import op

from shared.migrations import create_backbone, drop_backbone

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_STATEMENTS = (
    """CREATE TABLE channel (
        name text PRIMARY KEY, provider text NOT NULL, kind text NOT NULL, account text NOT NULL,
        sealed_secrets text[] NOT NULL, created_at timestamptz NOT NULL, updated_at timestamptz NOT NULL)""",
    """CREATE TABLE raw_request (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, channel text NOT NULL, received_at timestamptz NOT NULL,
        method text NOT NULL, path text NOT NULL, headers text NOT NULL, body bytea NOT NULL, traceparent text)""",
    # Lives by inserts and deletes: vacuum it early and often.
    """CREATE TABLE raw_waiting (id bigint PRIMARY KEY, size int NOT NULL)
        WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 2000)""",
    """CREATE TABLE quarantine (
        id uuid PRIMARY KEY, raw_id bigint NOT NULL, channel text NOT NULL, reason text NOT NULL,
        at timestamptz NOT NULL, replayed_at timestamptz)""",
    "CREATE INDEX quarantine_open ON quarantine (at, id) WHERE replayed_at IS NULL",
    """CREATE TABLE customer (
        id uuid PRIMARY KEY, family_id uuid NOT NULL, name text, kind text NOT NULL, language text,
        created_at timestamptz NOT NULL)""",
    "CREATE INDEX customer_family ON customer (family_id)",
    "CREATE INDEX customer_recent ON customer (created_at, id)",
    "CREATE INDEX customer_name ON customer (lower(name) text_pattern_ops)",
    """CREATE TABLE handle (
        kind text NOT NULL, account text NOT NULL, value text NOT NULL,
        customer_id uuid NOT NULL REFERENCES customer DEFERRABLE INITIALLY DEFERRED,
        first_seen_at timestamptz NOT NULL, PRIMARY KEY (kind, account, value))""",
    "CREATE INDEX handle_customer ON handle (customer_id)",
    "CREATE INDEX handle_value ON handle (value text_pattern_ops)",
    """CREATE TABLE customer_link (
        id uuid PRIMARY KEY, customer_id uuid NOT NULL REFERENCES customer, into_id uuid NOT NULL REFERENCES customer,
        reason text NOT NULL, by text NOT NULL, at timestamptz NOT NULL,
        undone_reason text, undone_by text, undone_at timestamptz)""",
    "CREATE UNIQUE INDEX customer_link_active ON customer_link (customer_id) WHERE undone_at IS NULL",
    "CREATE INDEX customer_link_into ON customer_link (into_id) WHERE undone_at IS NULL",
    """CREATE TABLE customer_case (
        id uuid PRIMARY KEY, customer_id uuid NOT NULL REFERENCES customer, kind text NOT NULL, category text,
        owner text NOT NULL, stated_request text, status text NOT NULL, opened_at timestamptz NOT NULL,
        resolved_at timestamptz, summary text)""",
    "CREATE INDEX customer_case_open ON customer_case (customer_id) WHERE status = 'open'",
    "CREATE INDEX customer_case_recent ON customer_case (opened_at, id)",
    """CREATE TABLE interaction (
        id uuid PRIMARY KEY, channel text NOT NULL, external_id text NOT NULL,
        customer_id uuid NOT NULL REFERENCES customer, case_id uuid, direction text NOT NULL, kind text NOT NULL,
        channel_kind text NOT NULL, occurred_at timestamptz NOT NULL, received_at timestamptz NOT NULL,
        subject text, text text, ring_count int, duration_seconds int, agent text, automatic boolean NOT NULL,
        attachments text, raw_id bigint, digest bigint NOT NULL)""",
    # The security control of every scheme without a replay window: it must never forget.
    "CREATE UNIQUE INDEX interaction_once ON interaction (channel, external_id)",
    "CREATE INDEX interaction_customer ON interaction (customer_id, occurred_at)",
    """CREATE TABLE call (
        channel text NOT NULL, call_id text NOT NULL, facts text NOT NULL, raw_id bigint NOT NULL,
        filed boolean NOT NULL, PRIMARY KEY (channel, call_id))""",
    """CREATE TABLE timeline_entry (
        event_id uuid PRIMARY KEY, customer_id uuid NOT NULL, occurred_at timestamptz NOT NULL,
        recorded_at timestamptz NOT NULL, source text NOT NULL, type text NOT NULL, sequence bigint NOT NULL,
        data text NOT NULL)""",
    "CREATE INDEX timeline_page ON timeline_entry (customer_id, occurred_at, event_id)",
    "CREATE TABLE used_link (digest bytea PRIMARY KEY, used_at timestamptz NOT NULL)",
)
_TABLES = (
    "used_link",
    "timeline_entry",
    "call",
    "interaction",
    "customer_case",
    "customer_link",
    "handle",
    "customer",
    "quarantine",
    "raw_waiting",
    "raw_request",
    "channel",
)


def upgrade() -> None:
    create_backbone()
    for statement in _STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    for table in _TABLES:
        op.execute(f"DROP TABLE {table}")
    drop_backbone()
