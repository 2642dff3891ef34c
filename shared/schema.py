"""The check of a database against what its service needs, by one look at the catalogue.

A table, a column, a key that is unique; a column of another type, or one that takes no null where the service
writes it. What is there beyond that hinders nobody, unless it must be filled and has no default: so the version
before runs on the schema after.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import MetaData, Table, UniqueConstraint, text
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import TypeEngine

from shared.backbone import BACKBONE

_COLUMNS = text("""
    SELECT c.relname, a.attname, format_type(a.atttypid, NULL) AS type, a.attnotnull,
           a.atthasdef OR a.attidentity <> '' OR a.attgenerated <> '' AS is_filled
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
    WHERE c.relnamespace = CAST(current_schema() AS regnamespace) AND c.relkind IN ('r', 'p')
      AND a.attnum > 0 AND NOT a.attisdropped
""")
_KEYS = text("""
    SELECT c.relname, array_agg(a.attname) AS names
    FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY (i.indkey)
    WHERE c.relnamespace = CAST(current_schema() AS regnamespace) AND i.indisunique AND i.indisvalid
    GROUP BY c.relname, i.indexrelid
""")

_DIALECT = PGDialect_asyncpg()  # type: ignore[no-untyped-call]
_WRITTEN = {"float": "double precision", "varchar": "character varying"}
"""As PostgreSQL's format_type writes what the dialect writes otherwise."""


@dataclass(frozen=True, slots=True)
class Found:
    """A column as it is: `is_filled` by a default where nothing is written."""

    type: str
    is_not_null: bool
    is_filled: bool


@dataclass(frozen=True, slots=True)
class Schema:
    """The tables of a database by name: their columns, and the sets of columns that are unique."""

    tables: Mapping[str, Mapping[str, Found]] = field(default_factory=dict)
    keys: Mapping[str, frozenset[frozenset[str]]] = field(default_factory=dict)


async def read(connection: AsyncConnection) -> Schema:
    tables: dict[str, dict[str, Found]] = {}
    for table, column, kind, is_not_null, is_filled in await connection.execute(_COLUMNS):
        tables.setdefault(table, {})[column] = Found(kind, is_not_null, is_filled)
    keys: dict[str, set[frozenset[str]]] = {}
    for table, names in await connection.execute(_KEYS):
        keys.setdefault(table, set()).add(frozenset(names))
    return Schema(tables, {table: frozenset(found) for table, found in keys.items()})


def lacks(schema: Schema, needed: MetaData) -> list[str]:
    """The tables and columns missing for `needed` and the backbone, one line each; empty where all are there."""
    wanted = [*BACKBONE.tables.values(), *needed.tables.values()]
    return [line for table in wanted for line in _table(schema, table)]


def belongs_to(there: Collection[str], services: Mapping[str, MetaData]) -> str | None:
    """The service whose tables these names are, by those that no other service has; None where there are none."""

    def own(name: str) -> set[str]:
        others = (set(tables.tables) for other, tables in services.items() if other != name)
        return set(services[name].tables).difference(*others)

    shares = {name: len(own(name) & set(there)) / max(1, len(own(name))) for name in services}
    best = max(shares, key=lambda name: shares[name], default=None)
    return best if best is not None and shares[best] else None


def _table(schema: Schema, table: Table) -> Iterable[str]:
    found = schema.tables.get(table.name)
    if found is None:
        yield f"table {table.name} is missing"
        return
    for column in table.columns:
        name, kind = f"{table.name}.{column.name}", _type(column.type)
        there = found.get(column.name)
        if there is None:
            yield f"column {name} is missing"
        elif there.type != kind:
            yield f"column {name} is {there.type}, not {kind}"
        elif there.is_not_null and column.nullable and not column.primary_key:
            yield f"column {name} takes no null"
    for name in sorted(found.keys() - set(table.columns.keys())):
        if found[name].is_not_null and not found[name].is_filled:
            yield f"column {table.name}.{name} is not ours and has no default"
    there_keys = schema.keys.get(table.name, frozenset())
    for names in _unique(table):
        if names not in there_keys:
            yield f"{table.name} has no unique key of {', '.join(sorted(names))}"


def _unique(table: Table) -> Sequence[frozenset[str]]:
    keys = [table.primary_key.columns]
    keys += [one.columns for one in table.constraints if isinstance(one, UniqueConstraint)]
    plain = [frozenset(column.name for column in columns) for columns in keys]
    indexed = [one for one in table.indexes if one.unique]
    return [*plain, *(frozenset(column.name for column in one.columns) for one in indexed)]


def _type(kind: TypeEngine[object]) -> str:
    base, brackets, _ = kind.compile(dialect=_DIALECT).lower().partition("[")
    return _WRITTEN.get(base, base) + ("[]" if brackets else "")
