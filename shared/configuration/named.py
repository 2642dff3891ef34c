"""Settings by kind and name in one table, each version with its value as JSON.

The table has the columns `id` (ascending), `kind`, `name`, `value` (jsonb), `valid_from` and `set_by`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import text

from shared import bulk
from shared.configuration.model import Setting, Version, begins
from shared.database import ReadSession, WriteSession

V = TypeVar("V", bound=Setting)

_TYPES = {"kind": "text", "name": "text", "value": "jsonb", "valid_from": "timestamptz", "set_by": "text"}


class NamedSettings:
    """The settings in one table of a service."""

    def __init__(self, table: str) -> None:
        """`table` is a name of ours: it goes into the statements as it is."""
        self._in_force = text(f"""
            SELECT DISTINCT ON (name) name, value::text AS value, valid_from, set_by FROM {table}
            WHERE kind = :kind AND valid_from <= :at AND (CAST(:name AS text) IS NULL OR name = :name)
            ORDER BY name, valid_from DESC, id DESC
        """)
        self._history = text(f"""
            SELECT name, value::text AS value, valid_from, set_by FROM {table}
            WHERE kind = :kind ORDER BY name, valid_from DESC, id DESC
        """)
        self._forget_future = text(f"""
            DELETE FROM {table} r USING {bulk.unnest({"kind": "text", "name": "text"}, "t")}
            WHERE r.kind = t.kind AND r.name = t.name AND r.valid_from > :now
        """)
        self._add = text(bulk.insert(table, _TYPES))

    async def in_force(self, session: ReadSession, kind: type[V], at: datetime) -> dict[str, Version[V]]:
        """The versions in force at `at`, by name and in name order: of each name the newest."""
        rows = await session.execute(self._in_force, {"kind": kind.kind, "at": at, "name": None})
        return {row.name: _version(kind, row) for row in rows}

    async def one(self, session: ReadSession, kind: type[V], name: str, at: datetime) -> Version[V] | None:
        """The version of a name that is in force at `at`; None where there is none yet."""
        rows = await session.execute(self._in_force, {"kind": kind.kind, "at": at, "name": name})
        row = rows.first()
        return _version(kind, row) if row is not None else None

    async def history(self, session: ReadSession, kind: type[V]) -> list[Version[V]]:
        """Every version, those to come included, by name, the newest first."""
        return [_version(kind, row) for row in await session.execute(self._history, {"kind": kind.kind})]

    async def put(
        self, session: WriteSession, name: str, value: V, *, set_by: str, valid_from: datetime | None = None
    ) -> Version[V]:
        """Stores a version that holds from `valid_from` on, or from now. Raises BeginsInThePast or BeginsTooFar."""
        version = Version(name, value, begins(valid_from, session.now), set_by)
        await self._store(session, [version])
        return version

    async def learn(self, session: WriteSession, versions: Sequence[Version[Any]]) -> None:
        """Stores versions that another service has told of, in their order, each from its own instant on.

        That service decides from now on: what was set here to begin later does not.
        """
        values = {"kind": [version.value.kind for version in versions], **bulk.columns(versions, ("name",))}
        await session.execute(self._forget_future, values | {"now": session.now})
        await self._store(session, versions)

    async def _store(self, session: WriteSession, versions: Sequence[Version[Any]]) -> None:
        values = {
            "kind": [version.value.kind for version in versions],
            "value": [version.value.model_dump_json() for version in versions],
        }
        await session.execute(self._add, values | bulk.columns(versions, ("name", "valid_from", "set_by")))


def _version(kind: type[V], row: Any) -> Version[V]:
    return Version(row.name, kind.model_validate_json(row.value), row.valid_from, row.set_by)
