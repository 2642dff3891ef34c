"""The four documents as a list of operations, and for each a request that its description calls right."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

Schema = dict[str, Any]
Path = tuple[str | int, ...]

SOMEBODY = str(UUID(int=7))
RIGHT: dict[str, Any] = {
    "zone": "Asia/Ho_Chi_Minh",
    "currency": "VND",
    "amount": "1000",
    "words": "Your order reaches you",
    "cost": "no charge",
    "due_at": "2026-03-03T09:00:00Z",
    "next_contact_at": "2026-03-03T09:00:00Z",
    "known_at": "2026-03-02T08:00:00Z",
    "handle": "email:lan@example.com",
    "name": "somebody",
    "provider": "cloudevents",
    "secrets": ["0123456789abcdef0123456789abcdef"],
    "roles": ["agent"],
}
"""What fits by the name of a field, where its description leaves more open than the service does."""
BESIDE: dict[str, tuple[dict[str, Any], ...]] = {
    "POST /commitments": ({"due_at": RIGHT["due_at"]}, {"due_on": "2026-03-03"}, {"estimate_due_at": RIGHT["due_at"]}),
    "POST /commitments/{id}/tasks": ({"due_at": RIGHT["due_at"]}, {"due_on": "2026-03-03"}),
    "POST /commitments/features": ({"due_at": RIGHT["due_at"]}, {"due_on": "2026-03-03"}),
    "POST /commitments/features/{id}/revise": ({"due_at": RIGHT["due_at"]}, {"due_on": "2026-03-03"}),
    "POST /commitments/incidents": ({"filter": {"category": "parcels"}},),
    "POST /feedback/responses": ({"survey_id": SOMEBODY}, {"token": "something"}),
    "POST /intake/staff": ({"subject": "somebody"}, {"email": "somebody@example.com"}),
    "PUT /commitments/limits/{role}": ({"cost": {"VND": "1000"}},),
}
"""What must stand beside what a description asks for: of several, one at a time."""
DAY, INSTANT = "2026-03-03", "2026-03-03T09:00:00Z"


@dataclass(frozen=True, slots=True)
class Operation:
    """`bodies` are right and the least there can be; `fields` lead to every field one may have."""

    method: str
    path: str
    in_path: tuple[str, ...]
    in_query: tuple[str, ...]
    bodies: tuple[Any, ...]
    fields: tuple[tuple[Path, Any], ...]

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def operations(document: Schema) -> Iterator[Operation]:
    schemas = document.get("components", {}).get("schemas", {})
    for path, methods in document["paths"].items():
        for method, said in methods.items():
            named = {place: tuple(p["name"] for p in said.get("parameters", ()) if p["in"] == place) for place in _IN}
            content = said.get("requestBody", {}).get("content", {}).get("application/json", {})
            schema = content.get("schema")
            least = example(schema, schemas) if schema else {}
            bodies = [least | more for more in BESIDE.get(f"{method.upper()} {path}", ({},))] if schema else []
            yield Operation(
                method.upper(),
                path,
                named["path"],
                named["query"],
                tuple(bodies),
                tuple(_fields(schema, schemas)) if schema else (),
            )


_IN = ("path", "query")


def _meant(schema: Schema, schemas: Schema) -> Schema:
    """Behind references, and of alternatives the first that is something."""
    while True:
        if "$ref" in schema:
            schema = schemas[schema["$ref"].rsplit("/", 1)[1]]
        elif alternatives := schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf"):
            schema = next(one for one in alternatives if one.get("type") != "null")
        else:
            return schema


def example(schema: Schema, schemas: Schema, name: str = "") -> Any:
    schema = _meant(schema, schemas)
    if name in RIGHT:
        return RIGHT[name]
    for given in ("const", "default"):
        if given in schema:
            return schema[given]
    if chosen := schema.get("enum") or schema.get("examples"):
        return chosen[0]
    match schema.get("type"):
        case "object":
            properties = schema.get("properties", {})
            return {key: example(properties[key], schemas, key) for key in schema.get("required", ())}
        case "array":
            items = schema.get("prefixItems") or [schema.get("items", {})] * max(1, schema.get("minItems", 0))
            return [example(item, schemas, name) for item in items]
        case "integer" | "number":
            return schema.get("minimum", schema.get("exclusiveMinimum", 0) + 1)
        case "boolean":
            return True
    return {"uuid": SOMEBODY, "date-time": INSTANT, "date": DAY}.get(schema.get("format", ""), "something")


def _fields(schema: Schema, schemas: Schema, at: Path = (), depth: int = 0) -> Iterator[tuple[Path, Any]]:
    """(where, what would be right there), parents first."""
    schema = _meant(schema, schemas)
    if depth > 4:
        return
    for key, inner in schema.get("properties", {}).items():
        yield (*at, key), example(inner, schemas, key)
        yield from _fields(inner, schemas, (*at, key), depth + 1)
    if schema.get("type") == "array" and "items" in schema:
        yield (*at, 0), example(schema["items"], schemas)
        yield from _fields(schema["items"], schemas, (*at, 0), depth + 1)


def with_value(body: Any, at: Path, value: Any, fields: tuple[tuple[Path, Any], ...]) -> Any:
    """`body` with `value` at a place; what leads there is made as it would be right."""
    if not at:
        return value
    right = dict(fields)
    return _set(body, (), at, value, right)


def _set(node: Any, done: Path, rest: Path, value: Any, right: dict[Path, Any]) -> Any:
    key, *more = rest
    here = (*done, key)
    if isinstance(key, int):
        held = list(node) if isinstance(node, list) and node else [None]
        inner = held[0] if held[0] is not None else right.get(here)
        held[0] = _set(inner, here, tuple(more), value, right) if more else value
        return held
    node = dict(node) if isinstance(node, dict) else {}
    node[key] = _set(node.get(key, right.get(here)), here, tuple(more), value, right) if more else value
    return node
