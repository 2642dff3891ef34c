"""The backbone, surveys with their answers, and the language of each customer."""

from alembic import op

from shared.migrations import create_backbone, drop_backbone

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_STATEMENTS = (
    """CREATE TABLE survey (
        id uuid PRIMARY KEY, customer_id uuid NOT NULL, commitment_id uuid NOT NULL, case_id uuid,
        words text NOT NULL, zone text NOT NULL, state text NOT NULL, requested_at timestamptz NOT NULL,
        answer_by timestamptz NOT NULL, closed_at timestamptz,
        CONSTRAINT survey_once UNIQUE (commitment_id))""",
    "CREATE INDEX survey_newest ON survey (requested_at, id)",
    "CREATE INDEX survey_customer ON survey (customer_id, requested_at, id)",
    """CREATE TABLE survey_answer (
        id uuid PRIMARY KEY, survey_id uuid NOT NULL REFERENCES survey, number int NOT NULL,
        satisfied boolean NOT NULL, score int CHECK (score BETWEEN 1 AND 5), comment text,
        answered_at timestamptz NOT NULL, by text NOT NULL,
        CONSTRAINT survey_answer_number UNIQUE (survey_id, number))""",
    "CREATE TABLE speaker (customer_id uuid PRIMARY KEY, language text NOT NULL)",
)


def upgrade() -> None:
    create_backbone()
    for statement in _STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    for table in ("speaker", "survey_answer", "survey"):
        op.execute(f"DROP TABLE {table}")
    drop_backbone()
