"""Many rows in one statement: an array for each column, unnested by PostgreSQL.

`types` are PostgreSQL's type names by column, in the order of the columns.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

Types = Mapping[str, str]


def unnest(types: Types, alias: str = "u") -> str:
    """`unnest(...) AS alias (columns)`, with a bound array for each column. A driver sends jsonb as text."""
    arrays = (
        f"CAST(CAST(:{name} AS text[]) AS jsonb[])" if type_ == "jsonb" else f"CAST(:{name} AS {type_}[])"
        for name, type_ in types.items()
    )
    return f"unnest({', '.join(arrays)}) AS {alias} ({', '.join(types)})"


def insert(table: str, types: Types) -> str:
    """An INSERT of rows; what becomes of conflicts is added by whoever knows them."""
    return f"INSERT INTO {table} ({', '.join(types)}) SELECT * FROM {unnest(types)}"


def upsert(table: str, types: Types, *, key: str) -> str:
    """An INSERT of rows that overwrites those which are there, by their key: a column, or several with commas."""
    changes = ", ".join(f"{name} = excluded.{name}" for name in types if name not in key.split(", "))
    return f"{insert(table, types)} ON CONFLICT ({key}) DO UPDATE SET {changes}"


def update(table: str, types: Types, changed: Collection[str], *, key: str) -> str:
    """An UPDATE of these columns of rows, found by their key."""
    moves = ", ".join(f"{name} = u.{name}" for name in changed)
    columns = {name: types[name] for name in (key, *changed)}
    return f"UPDATE {table} t SET {moves} FROM {unnest(columns)} WHERE t.{key} = u.{key}"


def columns(rows: Iterable[Any], names: Iterable[str]) -> dict[str, list[Any]]:
    """The arrays to bind: an attribute of every row for each name."""
    rows = rows if isinstance(rows, Sequence) else list(rows)
    return {name: [getattr(row, name) for row in rows] for name in names}
