"""House rules, which the tenant sets, each valid from an instant on: nothing is overwritten, so a report finds the
value that was valid then (X3).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from sqlalchemy import text

from services.commitments.authority.values import Value
from services.commitments.errors import RuleInThePast
from shared import bulk
from shared.database import ReadSession, WriteSession

V = TypeVar("V", bound=Value)


@dataclass(frozen=True, slots=True)
class HouseRule(Generic[V]):
    name: str
    value: V
    valid_from: datetime
    set_by: str


_VALID = text("""
    SELECT DISTINCT ON (name) name, value::text AS value, valid_from, set_by FROM house_rule
    WHERE kind = :kind AND valid_from <= :at AND (CAST(:name AS text) IS NULL OR name = :name)
    ORDER BY name, valid_from DESC, id DESC
""")
_EVERY = text("""
    SELECT name, value::text AS value, valid_from, set_by FROM house_rule
    WHERE kind = :kind ORDER BY name, valid_from DESC, id DESC
""")
_PUT = text("""
    INSERT INTO house_rule (kind, name, value, valid_from, set_by)
    VALUES (:kind, :name, CAST(:value AS jsonb), :valid_from, :set_by)
""")


_NEVER = text("""
    DELETE FROM house_rule r USING unnest(CAST(:kinds AS text[]), CAST(:names AS text[])) AS t (kind, name)
    WHERE r.kind = t.kind AND r.name = t.name AND r.valid_from > :now
""")
_LEARN = text(
    bulk.insert(
        "house_rule",
        {"kind": "text", "name": "text", "value": "jsonb", "valid_from": "timestamptz", "set_by": "text"},
    )
)


async def valid(session: ReadSession, kind: type[V], at: datetime) -> dict[str, HouseRule[V]]:
    """The rules valid at `at`, by name and in name order: of each name the newest."""
    rows = await session.execute(_VALID, {"kind": kind.kind, "at": at, "name": None})
    return {row.name: _rule(kind, row) for row in rows}


async def one(session: ReadSession, kind: type[V], name: str, at: datetime) -> HouseRule[V] | None:
    rows = await session.execute(_VALID, {"kind": kind.kind, "at": at, "name": name})
    row = rows.first()
    return _rule(kind, row) if row is not None else None


async def every(session: ReadSession, kind: type[V]) -> list[HouseRule[V]]:
    """Every version of the rules, by name, the newest first."""
    return [_rule(kind, row) for row in await session.execute(_EVERY, {"kind": kind.kind})]


async def put(
    session: WriteSession, name: str, value: V, *, set_by: str, valid_from: datetime | None = None
) -> HouseRule[V]:
    """Stores a rule that holds from `valid_from` on, or from now. Raises RuleInThePast."""
    rule = HouseRule(name, value, valid_from or session.now, set_by)
    if rule.valid_from < session.now:
        raise RuleInThePast("a rule can begin now or later, not in the past")
    values = {"kind": value.kind, "name": name, "value": value.model_dump_json()}
    await session.execute(_PUT, values | {"valid_from": rule.valid_from, "set_by": set_by})
    return rule


async def learn(session: WriteSession, rules: Sequence[HouseRule[Any]]) -> None:
    """Stores rules that another service has told of, in their order, each from its own instant on.

    That service decides from now on: what was set here to begin later does not.
    """
    values = [rule.value.model_dump_json() for rule in rules]
    kinds = [rule.value.kind for rule in rules]
    rest = bulk.columns(rules, ("name", "valid_from", "set_by"))
    await session.execute(_NEVER, {"kinds": kinds, "names": rest["name"], "now": session.now})
    await session.execute(_LEARN, {"kind": kinds, "value": values, **rest})


def _rule(kind: type[V], row: object) -> HouseRule[V]:
    return HouseRule(row.name, kind.model_validate_json(row.value), row.valid_from, row.set_by)  # type: ignore[attr-defined]
