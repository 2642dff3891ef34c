"""Channels of every provider: facts about contacts, reachability, attachments, tokens, mailboxes, and their news."""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_STATEMENTS = (
    "ALTER TABLE channel ADD COLUMN enabled boolean NOT NULL DEFAULT true, ADD COLUMN sealed_access_token text",
    "ALTER TABLE interaction ADD COLUMN reply text, ADD COLUMN message_id text",
    "CREATE INDEX interaction_message ON interaction (message_id) WHERE message_id IS NOT NULL",
    # `about` is null for a watermark; `interaction_id` until the contact it is about has come in.
    """CREATE TABLE interaction_fact (
        id uuid PRIMARY KEY, channel text NOT NULL, external_id text NOT NULL, about text, fact text NOT NULL,
        occurred_at timestamptz NOT NULL, received_at timestamptz NOT NULL, text text,
        interaction_id uuid, customer_id uuid, raw_id bigint)""",
    "CREATE UNIQUE INDEX interaction_fact_once ON interaction_fact (channel, external_id)",
    "CREATE INDEX interaction_fact_of ON interaction_fact (interaction_id) WHERE interaction_id IS NOT NULL",
    "CREATE INDEX interaction_fact_waiting ON interaction_fact (channel, about) WHERE interaction_id IS NULL",
    "CREATE INDEX interaction_fact_watermark ON interaction_fact (customer_id, occurred_at) WHERE about IS NULL",
    """CREATE TABLE handle_reach (
        kind text NOT NULL, account text NOT NULL, value text NOT NULL, reason text NOT NULL,
        reachable boolean NOT NULL, occurred_at timestamptz NOT NULL, channel text NOT NULL, detail text,
        PRIMARY KEY (kind, account, value))""",
    # `owner_id` is a contact or a fact. `part`: the content lies in the raw request; else it is fetched into `content`.
    """CREATE TABLE attachment (
        id uuid PRIMARY KEY, owner_id uuid NOT NULL, position int NOT NULL, channel text NOT NULL,
        raw_id bigint, name text, content_type text, size bigint, url text, ref text, part int,
        status text NOT NULL, reason text, attempts int NOT NULL DEFAULT 0, next_at timestamptz,
        content bytea, sha256 bytea, stored_at timestamptz)""",
    "CREATE INDEX attachment_of ON attachment (owner_id, position)",
    "CREATE INDEX attachment_due ON attachment (next_at) WHERE next_at IS NOT NULL",
    """INSERT INTO attachment (id, owner_id, position, channel, raw_id, name, content_type, size, url, status, next_at)
        SELECT gen_random_uuid(), i.id, a.place - 1, i.channel, i.raw_id, a.file ->> 'name', a.file ->> 'content_type',
               CAST(a.file ->> 'size' AS bigint), a.file ->> 'url',
               CASE WHEN a.file ->> 'url' IS NULL THEN 'refused' ELSE 'waiting' END,
               CASE WHEN a.file ->> 'url' IS NULL THEN NULL ELSE now() END
        FROM interaction i
        CROSS JOIN LATERAL jsonb_array_elements(i.attachments::jsonb) WITH ORDINALITY AS a (file, place)
        WHERE i.attachments IS NOT NULL""",
    "ALTER TABLE interaction DROP COLUMN attachments",
    """CREATE TABLE used_token (
        channel text NOT NULL, token text NOT NULL, digest text NOT NULL, PRIMARY KEY (channel, token))""",
    """CREATE TABLE confirmation (
        url text PRIMARY KEY, channel text NOT NULL, asked_at timestamptz NOT NULL, attempts int NOT NULL DEFAULT 0,
        next_at timestamptz, outcome text)""",
    """CREATE TABLE mailbox_place (
        channel text PRIMARY KEY, uid_validity bigint NOT NULL, last_uid bigint NOT NULL,
        as_of timestamptz NOT NULL)""",
    # Who changed what of a channel, and when; never a secret.
    """CREATE TABLE channel_change (
        id uuid PRIMARY KEY, channel text NOT NULL, at timestamptz NOT NULL, by text NOT NULL, what text NOT NULL)""",
    "CREATE INDEX channel_change_of ON channel_change (channel, at)",
    "CREATE INDEX interaction_received ON interaction (received_at)",
    # One row a channel, one a reason: what `kept doctor` shows, at the cost of one statement a batch.
    """CREATE TABLE channel_news (
        channel text PRIMARY KEY, requests bigint NOT NULL, contacts bigint NOT NULL, facts bigint NOT NULL,
        copies bigint NOT NULL, last_raw_id bigint NOT NULL, last_received_at timestamptz NOT NULL,
        last_contact_at timestamptz)""",
    """CREATE TABLE channel_refusal (
        channel text NOT NULL, reason text NOT NULL, count bigint NOT NULL, last_at timestamptz NOT NULL,
        PRIMARY KEY (channel, reason))""",
)
_TABLES = (
    "channel_change",
    "channel_refusal",
    "channel_news",
    "mailbox_place",
    "confirmation",
    "used_token",
    "attachment",
    "handle_reach",
    "interaction_fact",
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    for table in _TABLES:
        op.execute(f"DROP TABLE {table}")
    op.execute("DROP INDEX interaction_received")
    op.execute("DROP INDEX interaction_message")
    op.execute("ALTER TABLE interaction DROP COLUMN reply, DROP COLUMN message_id, ADD COLUMN attachments text")
    op.execute("ALTER TABLE channel DROP COLUMN enabled, DROP COLUMN sealed_access_token")
