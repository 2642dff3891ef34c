"""Makes a database again what it was when its service had just migrated it: rows, sequences, schema."""

from collections.abc import Sequence
from enum import Enum
from typing import Any

import psycopg
from psycopg.sql import SQL, Composed, Identifier, Literal

LARGEST = 2 * 1024 * 1024
"""Bytes of the tables written to. Past this a new database is cheaper than one with so much that is dead in it."""

_MADE_BY_US = 16384
"""The least object identifier of what is not PostgreSQL's own. A copy of a database has those of its template."""

_OTHERS = SQL(
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
)
_SCHEMA = SQL(
    "SELECT md5(string_agg(row, E'\\n' ORDER BY row COLLATE \"C\")) FROM ("
    " SELECT concat_ws(' ', oid, relnamespace, relname, relkind, reloptions) FROM pg_class WHERE oid >= {least}"
    " UNION ALL"
    " SELECT concat_ws(' ', attrelid, attnum, attname, atttypid, atttypmod, attnotnull) FROM pg_attribute"
    "  WHERE attrelid >= {least} AND attnum > 0"
    " UNION ALL SELECT concat_ws(' ', adrelid, adnum, adbin) FROM pg_attrdef"
    " UNION ALL SELECT concat_ws(' ', indexrelid, indisvalid, indkey, indpred) FROM pg_index"
    " UNION ALL SELECT concat_ws(' ', oid, conname, convalidated, conbin) FROM pg_constraint WHERE oid >= {least}"
    " UNION ALL SELECT concat_ws(' ', oid, tgname, tgenabled) FROM pg_trigger WHERE oid >= {least}"
    " UNION ALL SELECT concat_ws(' ', oid, proname, prosrc) FROM pg_proc WHERE oid >= {least}"
    " UNION ALL SELECT concat_ws(' ', setdatabase, setconfig) FROM pg_db_role_setting JOIN pg_database"
    "  ON pg_database.oid = setdatabase WHERE datname = current_database()"
    ") AS what (row)"
).format(least=Literal(_MADE_BY_US))


class Emptied(Enum):
    """What became of a database: it is as made, somebody else is connected, or a new one is to take its place."""

    AS_MADE = "as made"
    IN_USE = "in use"
    SPENT = "spent"


class AsMade:
    """What a newly migrated database holds, and the way back to it for its copies."""

    def __init__(self, dsn: str) -> None:
        with psycopg.connect(dsn, autocommit=True) as connection:
            self._schema = _one(connection, _SCHEMA)
            self._tables = _named(connection, "r")
            self._seeds = [_copied(connection, table) for table in self._tables]
            changed = (_changed(connection, *one) for one in enumerate(self._tables))
            self._changed = SQL(" UNION ALL ").join(changed)
            self._winding = SQL(" UNION ALL ").join(_winding(connection, one) for one in _named(connection, "S"))

    def restore(self, dsn: str) -> Emptied:
        """Takes out what was written to this copy and puts back what was changed of it, where it can be used again."""
        with psycopg.connect(dsn, autocommit=True) as connection:
            if _one(connection, _OTHERS):
                return Emptied.IN_USE
            if _one(connection, _SCHEMA) != self._schema:
                return Emptied.SPENT
            changed = [number for (number,) in connection.execute(self._changed)]
            if sum(_size(connection, self._tables[number]) for number in changed) > LARGEST:
                return Emptied.SPENT
            if changed:
                self._put_back(connection, changed)
            connection.execute(self._winding)
            return Emptied.AS_MADE

    def _put_back(self, connection: psycopg.Connection[Any], changed: Sequence[int]) -> None:
        # One statement: whether a row that others refer to may go is asked at its end.
        gone = (SQL("{} AS (DELETE FROM {})").format(Identifier(f"n{n}"), self._tables[n]) for n in changed)
        connection.execute(SQL("WITH {} SELECT").format(SQL(", ").join(gone)))
        for number in changed:
            if seeds := self._seeds[number]:
                with connection.cursor().copy(SQL("COPY {} FROM STDIN").format(self._tables[number])) as copy:
                    copy.write(seeds)


def _one(connection: psycopg.Connection[Any], statement: SQL | Composed) -> Any:
    (value,) = connection.execute(statement).fetchone() or (None,)
    return value


def _named(connection: psycopg.Connection[Any], kind: str) -> list[Identifier]:
    """Tables or sequences, by their schema and name."""
    found = SQL(
        "SELECT relnamespace::regnamespace::text, relname FROM pg_class WHERE relkind = {} AND oid >= {} ORDER BY oid"
    )
    return [Identifier(*row) for row in connection.execute(found.format(Literal(kind), Literal(_MADE_BY_US)))]


def _copied(connection: psycopg.Connection[Any], table: Identifier) -> bytes:
    with connection.cursor().copy(SQL("COPY {} TO STDOUT").format(table)) as copy:
        return b"".join(bytes(part) for part in copy)


def _size(connection: psycopg.Connection[Any], table: Identifier) -> int:
    size = SQL("SELECT pg_total_relation_size({}::regclass)").format(Literal(table.as_string(connection)))
    return int(_one(connection, size))


def _changed(connection: psycopg.Connection[Any], number: int, table: Identifier) -> Composed:
    """A statement that gives the number where the table's rows are others than now."""
    found = SQL("SELECT md5(string_agg(row::text, E'\\n' ORDER BY row::text)) FROM {} AS row").format(table)
    now = _one(connection, found)
    if now is None:
        return SQL("SELECT {} WHERE EXISTS (SELECT FROM {})").format(Literal(number), table)
    return SQL("SELECT {} WHERE ({}) IS DISTINCT FROM {}").format(Literal(number), found, Literal(now))


def _winding(connection: psycopg.Connection[Any], sequence: Identifier) -> Composed:
    """A statement that sets the sequence to where it stands now."""
    last, called = connection.execute(SQL("SELECT last_value, is_called FROM {}").format(sequence)).fetchone() or (1, 0)
    name = Literal(sequence.as_string(connection))
    return SQL("SELECT setval({}, {}, {})").format(name, Literal(last), Literal(called))
