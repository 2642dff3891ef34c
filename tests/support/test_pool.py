"""A database that came back to the pool is as one newly migrated, or is not lent again."""

import subprocess

import psycopg
import pytest

from services.host import registry
from shared.embedded.cluster import program
from tests.support import emptying, pool
from tests.support.pool import Pool
from tests.support.postgres import ScratchPostgres
from tests.support.scratch import MIGRATIONS

WRITTEN: dict[str, str] = {
    "intake": """
        INSERT INTO customer (id, family_id, kind, created_at)
        SELECT id, id, 'person', now() FROM (VALUES (gen_random_uuid()), (gen_random_uuid())) AS who (id);
        INSERT INTO customer_link (id, customer_id, into_id, reason, by, at)
        SELECT gen_random_uuid(), one.id, other.id, 'same phone', 'lan', now()
        FROM customer one JOIN customer other ON one.id < other.id""",
    "commitments": """
        INSERT INTO policy
        SELECT (jsonb_populate_record(policy, jsonb_build_object('id', id + 100))).* FROM policy;
        DELETE FROM house_rule; UPDATE incident_limit SET id = id + 1; SELECT nextval('policy_id_seq')""",
    "notifications": "SELECT nextval('event_log_id_seq'); UPDATE alembic_version SET version_num = '0000'",
    "feedback": "DELETE FROM alembic_version; SELECT setval('event_log_id_seq', 7000)",
}


def _everything(postgres: ScratchPostgres, name: str) -> list[str]:
    """The lines of a dump: the schema, each row, where each sequence stands."""
    command = [str(program("pg_dump")), "--no-comments", "--restrict-key=same", postgres.dsn(name)]
    return sorted(subprocess.run(command, capture_output=True, check=True, text=True).stdout.splitlines())


def _run(postgres: ScratchPostgres, name: str, statements: str) -> None:
    with psycopg.connect(postgres.dsn(name), autocommit=True) as connection:
        connection.execute(statements.encode())


@pytest.fixture
def toys(postgres: ScratchPostgres) -> Pool:
    """A pool of its own: the database that is lent next is the one that came back last."""
    return Pool(postgres, MIGRATIONS)


@pytest.mark.parametrize("service", registry.NAMES)
def test_what_comes_back_equals_one_newly_migrated(postgres: ScratchPostgres, service: str) -> None:
    pool = Pool(postgres, registry.migrations(service))
    new = _everything(postgres, pool.template)
    with pool.lent() as name:
        assert _everything(postgres, name) == new
        _run(postgres, name, WRITTEN[service])
        assert _everything(postgres, name) != new
    with pool.lent() as again:
        assert again == name
        assert _everything(postgres, again) == new


def test_two_at_once_have_one_each(toys: Pool) -> None:
    with toys.lent() as one, toys.lent() as other:
        assert one != other


@pytest.mark.parametrize(
    "altered",
    [
        "ALTER TABLE effect ADD COLUMN more int",
        "ALTER TABLE effect ALTER COLUMN word DROP NOT NULL",
        "DROP INDEX event_log_key",
        "CREATE TABLE more (id int)",
        "CREATE FUNCTION more() RETURNS int LANGUAGE sql RETURN 1",
        "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET work_mem = 64', current_database()); END $$",
    ],
)
def test_one_with_another_schema_is_not_lent_again(postgres: ScratchPostgres, toys: Pool, altered: str) -> None:
    with toys.lent() as name:
        _run(postgres, name, altered)
    with toys.lent() as next_one:
        assert next_one != name
        assert _everything(postgres, next_one) == _everything(postgres, toys.template)


def test_one_that_grew_large_is_not_lent_again(
    postgres: ScratchPostgres, toys: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(emptying, "LARGEST", 100_000)
    with toys.lent() as name:
        _run(postgres, name, "INSERT INTO effect (word) SELECT repeat('x', 100) FROM generate_series(1, 2000)")
    with toys.lent() as next_one:
        assert next_one != name


def test_whoever_stays_connected_fails_and_the_next_has_another(
    postgres: ScratchPostgres, toys: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "LEAVING", 0.1)
    name = toys.take()
    left = psycopg.connect(postgres.dsn(name), autocommit=True)
    left.execute("SELECT pg_advisory_lock(1)")
    with pytest.raises(AssertionError, match="somebody is connected to its database"):
        toys.give_back(name)
    left.close()
    with toys.lent() as next_one:
        assert next_one != name
